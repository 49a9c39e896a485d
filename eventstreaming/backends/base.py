"""
What a store promises: the contract of every backend.

`eventstreaming.testing` has it as tests. Each public method first checks its
arguments with `eventstreaming.events`, so all stores answer bad input alike.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar

from asgiref.sync import sync_to_async

from eventstreaming import clock
from eventstreaming.backends.twins import async_method, async_reader_method
from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidEventStore, UnsupportedOperation
from eventstreaming.types import (
    ANY_VERSION,
    JSON,
    DeadLetter,
    Duration,
    EnqueuedId,
    ExpectedVersion,
    Message,
    QueueInfo,
    StoredEvent,
    StreamInfo,
)

BATCH_SIZE = 500  # events fetched at a time by readers
VISIBILITY_TIMEOUT = 30.0  # seconds
MAX_ATTEMPTS = 5
MAX_DELIVERIES = 20
BACKOFF = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 600.0)


class BaseEventStore(ABC):
    """
    One store: persistent streams and queues under an alias of EVENT_STORES.

    Subclasses take OPTIONS as keyword arguments and pass the rest on, so that
    unknown ones are refused by name.
    """

    # Do append, enqueue and message.atomic() take part in the caller's
    # transaction?
    supports_transactions: ClassVar[bool] = False

    # May two appends to different streams run at the same time?
    supports_concurrent_writers: ClassVar[bool] = False

    # Does the store itself refuse to change or delete an appended event?
    enforces_immutability: ClassVar[bool] = False

    # Do other processes see what is written here?
    is_shared: ClassVar[bool] = False

    # Is what was written still there after the process has ended?
    is_durable: ClassVar[bool] = False

    # Can streams be written without a lock?
    supports_concurrent_streams: ClassVar[bool] = False

    # Does an append with a known idempotency_key return the first result?
    supports_idempotency: ClassVar[bool] = False

    # Are messages with one group_key delivered in order?
    supports_groups: ClassVar[bool] = False

    # Is a message with a living duplicate refused by its deduplication_key?
    supports_deduplication: ClassVar[bool] = False

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

    def _require(self, capability: str, what: str) -> None:
        """Raise UnsupportedOperation unless the class has the capability."""
        if not getattr(self, capability):
            raise UnsupportedOperation(
                f"{type(self).__name__} does not support {what} ({capability} is False)"
            )

    # -- persistent streams ------------------------------------------------

    @abstractmethod
    def append(
        self,
        stream_name: str,
        events: Iterable[object] | object,
        *,
        expected_version: ExpectedVersion = ANY_VERSION,
        key: str | None = None,
        idempotency_key: str | None = None,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> list[StoredEvent]:
        """See services.append()."""

    @abstractmethod
    def read_stream(
        self,
        stream_name: str,
        from_offset: int | None = None,
        *,
        to_offset: int | None = None,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[StoredEvent]:
        """See services.read_stream()."""

    @abstractmethod
    def read_category(
        self,
        category: str,
        from_position: int | None = None,
        *,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[StoredEvent]:
        """See services.read_category()."""

    @abstractmethod
    def read_all(
        self,
        from_position: int | None = None,
        *,
        limit: int | None = None,
        backwards: bool = False,
        event_types: Iterable[str] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[StoredEvent]:
        """See services.read_all()."""

    @abstractmethod
    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""

    @abstractmethod
    def create_stream(self, stream_name: str, *, concurrent: bool = False) -> bool:
        """See services.create_stream()."""

    @abstractmethod
    def fence(self) -> int:
        """
        Return the highest position up to which no event can appear any more.

        0 while the store is empty. Raise UnsafeIsolation inside a snapshot
        that is older than the answer.
        """

    # -- queues ------------------------------------------------------------

    @abstractmethod
    def enqueue(
        self,
        stream_name: str,
        message: object,
        *,
        delay: Duration | None = None,
        priority: int = 0,
        group_key: str | None = None,
        deduplication_key: str | None = None,
        idempotency_key: str | None = None,
        expires_in: Duration | None = None,
        headers: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
    ) -> EnqueuedId:
        """See services.enqueue()."""

    @abstractmethod
    def enqueue_many(
        self,
        stream_name: str,
        messages: Iterable[object],
        *,
        delay: Duration | None = None,
        priority: int = 0,
        group_key: str | None = None,
        expires_in: Duration | None = None,
        headers: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
    ) -> list[EnqueuedId]:
        """See services.enqueue_many()."""

    def dequeue(
        self,
        stream_name: str,
        visibility_timeout: Duration | None = None,
        *,
        wait: Duration | None = None,
    ) -> Message | None:
        """See services.dequeue()."""
        pauses = _pauses(wait)
        while not (found := self.dequeue_many(stream_name, 1, visibility_timeout)):
            pause = next(pauses, None)
            if pause is None:
                return None
            clock.sleep(pause)
        return found[0]

    async def adequeue(
        self,
        stream_name: str,
        visibility_timeout: Duration | None = None,
        *,
        wait: Duration | None = None,
    ) -> Message | None:
        """See dequeue(). The event loop goes on while this waits."""
        pauses = _pauses(wait)
        while not (
            found := await self.adequeue_many(stream_name, 1, visibility_timeout)
        ):
            pause = next(pauses, None)
            if pause is None:
                return None
            await asyncio.sleep(pause)
        return found[0]

    @abstractmethod
    def dequeue_many(
        self,
        stream_name: str,
        limit: int,
        visibility_timeout: Duration | None = None,
    ) -> list[Message]:
        """See services.dequeue_many()."""

    @abstractmethod
    def pop(self, stream_name: str) -> Message | None:
        """See services.pop()."""

    @abstractmethod
    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool:
        """See services.acknowledge()."""

    @abstractmethod
    def acknowledge_many(
        self, stream_name: str, messages: Iterable[Message]
    ) -> list[Message]:
        """See services.acknowledge_many()."""

    @abstractmethod
    def nack(
        self,
        stream_name: str,
        message_id: str,
        *,
        receipt: str | None = None,
        delay: Duration | None = None,
        error: str | BaseException | None = None,
        dead_letter: bool = False,
        max_attempts: int | None = None,
    ) -> bool:
        """See services.nack()."""

    @abstractmethod
    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        """See services.extend_visibility()."""

    @abstractmethod
    def extend_many(
        self, messages: Iterable[Message], timeout: Duration
    ) -> list[Message]:
        """
        Hold the leases of many messages for `timeout` seconds from now.

        Return the messages whose lease was lost. A message that is locked, by
        a `message.atomic()` about to commit, counts as held.
        """

    @abstractmethod
    def release(self, messages: Iterable[Message]) -> None:
        """
        Give back messages that were not started: no attempt, no delivery.

        Lost leases are passed over.
        """

    @abstractmethod
    def message_atomic(self, message: Message) -> AbstractContextManager[None]:
        """See types.Message.atomic()."""

    def visibility_timeout_of(self, stream_name: str) -> float:
        """Return the seconds that a lease of the queue lasts by default."""
        return VISIBILITY_TIMEOUT

    @abstractmethod
    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info()."""

    @abstractmethod
    def dead_letters(
        self,
        stream_name: str | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        limit: int = 100,
    ) -> list[DeadLetter]:
        """See services.dead_letters()."""

    @abstractmethod
    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        limit: int | None = None,
    ) -> int:
        """See services.redrive()."""

    @abstractmethod
    def purge(self, stream_name: str) -> int:
        """See services.purge()."""

    # -- async twins -------------------------------------------------------

    aappend = async_method(append)
    astream_info = async_method(stream_info)
    acreate_stream = async_method(create_stream)
    aenqueue = async_method(enqueue)
    aenqueue_many = async_method(enqueue_many)
    adequeue_many = async_method(dequeue_many)
    apop = async_method(pop)
    aacknowledge = async_method(acknowledge)
    aacknowledge_many = async_method(acknowledge_many)
    anack = async_method(nack)
    aextend_visibility = async_method(extend_visibility)
    aqueue_info = async_method(queue_info)
    adead_letters = async_method(dead_letters)
    aredrive = async_method(redrive)
    apurge = async_method(purge)
    aread_stream = async_reader_method(read_stream)
    aread_category = async_reader_method(read_category)
    aread_all = async_reader_method(read_all)

    @asynccontextmanager
    async def amessage_atomic(self, message: Message) -> AsyncIterator[None]:
        """See message_atomic()."""
        block = self.message_atomic(message)
        await sync_to_async(block.__enter__, thread_sensitive=True)()
        leave = sync_to_async(block.__exit__, thread_sensitive=True)
        try:
            yield
        except BaseException as error:
            if not await leave(type(error), error, error.__traceback__):
                raise
        else:
            await leave(None, None, None)


def _pauses(wait: Duration | None) -> Iterator[float]:
    """Yield how long to sleep between looks until `wait` is over."""
    if wait is None:
        return iter(())
    return _pauses_until(
        clock.monotonic() + arguments.seconds(wait, "wait", limits().wait)
    )


def _pauses_until(deadline: float) -> Iterator[float]:
    pause = 0.02
    while (left := deadline - clock.monotonic()) > 0:
        yield min(left, pause * (0.5 + clock.random()))
        pause = min(pause * 1.5, 0.25)
