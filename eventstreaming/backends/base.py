"""
What a store promises: the contract of every backend.

`eventstreaming.testing` has it as tests. Each public method first checks its
arguments with `eventstreaming.events`, so all stores answer bad input alike.
"""

from typing import Any

from eventstreaming.backends.base_once import BaseOnce
from eventstreaming.backends.base_queues import BaseQueues
from eventstreaming.backends.base_rehearsing import BaseRehearsing
from eventstreaming.backends.base_stream_operating import BaseStreamOperating
from eventstreaming.backends.reading import BATCH_SIZE
from eventstreaming.exceptions import InvalidEventStore

__all__ = ["BATCH_SIZE", "BaseEventStore"]


class BaseEventStore(BaseOnce, BaseStreamOperating, BaseQueues, BaseRehearsing):
    """
    One store: persistent streams and queues under an alias of EVENT_STORES.

    Subclasses take OPTIONS as keyword arguments and pass the rest on, so that
    unknown ones are refused by name.
    """

    # Do append, enqueue and message.atomic() take part in the caller's
    # transaction?
    supports_transactions: bool = False

    # May two appends to different streams run at the same time?
    supports_concurrent_writers: bool = False

    # Does the store itself refuse to change or delete an appended event?
    enforces_immutability: bool = False

    # Do other processes see what is written here?
    is_shared: bool = False

    # Is what was written still there after the process has ended?
    is_durable: bool = False

    # Can old events be removed, and streams be deleted?
    supports_truncation: bool = False

    # Can streams be written without a lock?
    supports_concurrent_streams: bool = False

    # Does an append or enqueue with a known idempotency_key return the first result?
    supports_idempotency: bool = False

    # Are messages with one group_key delivered in order?
    supports_groups: bool = False

    # Is a message with a living duplicate refused by its deduplication_key?
    supports_deduplication: bool = False

    # The alias in DATABASES that holds the tables; None without a database.
    database: str | None = None

    def __init__(self, alias: str, **options: Any) -> None:
        self.alias = alias
        if options:
            names = ", ".join(repr(name) for name in sorted(options))
            raise InvalidEventStore(
                f"EVENT_STORES[{alias!r}]: unknown OPTIONS {names} "
                f"for {type(self).__name__}"
            )

    def check(self, **kwargs: Any) -> list[Any]:
        """Return system check messages about this store's configuration."""
        return []

    def check_database(self) -> list[Any]:
        """Return system check messages after asking the store's database."""
        return []
