"""
The store for production: each hot operation is one statement of `sql/`.
"""

from eventstreaming.backends.database.idempotency import IdempotencyOperations
from eventstreaming.backends.database.once import OnceOperations
from eventstreaming.backends.database.stream_settings import StreamSettingsOperations
from eventstreaming.backends.database.truncation import TruncationOperations
from eventstreaming.backends.postgresql.appending import AppendOperations
from eventstreaming.backends.postgresql.checks import DatabaseChecks
from eventstreaming.backends.postgresql.isolation import ReadCommittedBatches
from eventstreaming.backends.postgresql.partitions import PartitionOperations
from eventstreaming.backends.postgresql.queues import QueueOperations
from eventstreaming.backends.postgresql.rehearsing import RehearsalOperations
from eventstreaming.backends.postgresql.streams import StreamOperations


class PostgreSQLEventStore(
    AppendOperations,
    StreamOperations,
    IdempotencyOperations,
    PartitionOperations,
    TruncationOperations,
    StreamSettingsOperations,
    QueueOperations,
    OnceOperations,
    RehearsalOperations,
    ReadCommittedBatches,
    DatabaseChecks,
):
    """
    Streams and queues in the project's PostgreSQL.

    The option `database` names the alias in DATABASES (default: "default").
    `notify` says whether commits are announced by NOTIFY, and workers and
    followers listen (default: True); without it they look up to once a second.
    """

    supports_concurrent_writers = True
    enforces_immutability = True
    supports_groups = True
    supports_deduplication = True
    vendors = ("postgresql",)
