"""
The store to read first: everything in Django's ORM.

It serves SQLite, in development and tests. It runs on PostgreSQL as well, where
`eventstreaming.backends.postgresql` does the same in fewer statements.
"""

from typing import Any

from eventstreaming.backends.database.appending import AppendOperations
from eventstreaming.backends.database.checks import ConfigurationChecks
from eventstreaming.backends.database.idempotency import IdempotencyOperations
from eventstreaming.backends.database.leases import LeaseOperations
from eventstreaming.backends.database.once import OnceOperations
from eventstreaming.backends.database.queues import QueueOperations
from eventstreaming.backends.database.reading import ReadOperations
from eventstreaming.backends.database.rehearsing import RehearsalOperations
from eventstreaming.backends.database.stream_settings import StreamSettingsOperations
from eventstreaming.backends.database.truncation import TruncationOperations


class DatabaseEventStore(
    AppendOperations,
    IdempotencyOperations,
    ReadOperations,
    TruncationOperations,
    StreamSettingsOperations,
    QueueOperations,
    LeaseOperations,
    OnceOperations,
    RehearsalOperations,
    ConfigurationChecks,
):
    """
    Streams and queues in the project's SQLite or PostgreSQL.

    The option `database` names the alias in DATABASES (default: "default").
    `notify` is that of PostgreSQLEventStore, and of no effect on SQLite.

    SQLite lets one transaction write at a time. Others wait for it up to the
    `timeout` in the database's OPTIONS, 5 seconds by default, and then get
    Django's OperationalError "database is locked". A transaction of the caller
    that has read and then writes may get it at once, unless OPTIONS has
    `"transaction_mode": "IMMEDIATE"`.
    """

    supports_groups = True
    supports_deduplication = True
    vendors = ("sqlite", "postgresql")

    def __init__(self, alias: str, **options: Any) -> None:
        super().__init__(alias, **options)
        on_postgresql = self.connection.vendor == "postgresql"
        # Flags of the class, but here the database decides.
        self.supports_concurrent_writers = on_postgresql
        self.enforces_immutability = on_postgresql
