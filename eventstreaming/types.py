"""
The values that go into and come out of a store. All of them are frozen.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, ClassVar, Final, Literal, Protocol, Self, TypeAlias
from uuid import UUID

import msgspec

JSON: TypeAlias = Any  # what json.loads() returns
Duration: TypeAlias = float | timedelta  # seconds, or a timedelta


class VersionRule(Enum):
    """An expected version that is not an offset."""

    ANY_VERSION = "any version"
    STREAM_EXISTS = "stream exists"

    def __repr__(self) -> str:
        return self.name

    __str__ = __repr__


ANY_VERSION: Final = VersionRule.ANY_VERSION
STREAM_EXISTS: Final = VersionRule.STREAM_EXISTS
NO_STREAM: Final = -1

ExpectedVersion: TypeAlias = int | VersionRule


@dataclass(frozen=True, slots=True)
class EventData:
    """
    An event or message given by type name and JSON data, without a class.

    `schema_version` defaults to the newest registered one, or 1. An
    `event_id` is made when none is given.
    """

    type: str
    data: JSON
    metadata: Mapping[str, JSON] | None = None
    key: str | None = None
    schema_version: int | None = None
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """One stream's part of `append_many()`."""

    stream_name: str
    events: Iterable[object] | object
    expected_version: ExpectedVersion = ANY_VERSION
    key: str | None = None


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """
    An event as the store keeps it.

    `offset` is its place in the stream, `position` its place in the whole
    store. `data` is the JSON value and always works; `payload` is the typed
    object.
    """

    # Set by events.codec: types import nothing above them.
    decode: ClassVar[Callable[["StoredEvent"], Any]]

    stream_name: str
    offset: int
    position: int
    event_id: UUID
    event_type: str
    data: JSON
    metadata: dict[str, JSON]
    schema_version: int
    key: str | None
    correlation_id: str | None
    causation_id: str | None
    timestamp: datetime

    @property
    def payload(self) -> Any:
        """
        Return the typed object, upcast to the newest version.

        Raise UnknownEventType when no class has that name in this process, and
        InvalidPayload when the data does not fit the class.
        """
        return StoredEvent.decode(self)

    def __repr__(self) -> str:
        return (
            f"<StoredEvent {self.event_type} {self.stream_name}@{self.offset} "
            f"position={self.position}>"
        )


class EnqueuedId(str):
    """
    A message id. `created` is False when it is the id of a living duplicate.
    """

    created: bool = True

    def __new__(cls, message_id: str, *, created: bool = True) -> Self:
        self = super().__new__(cls, message_id)
        if not created:
            self.created = False
        return self

    @classmethod
    def of_created(cls, message_ids: Iterable[str]) -> list[Self]:
        """Return the ids of many messages that were all created, past __new__()."""
        return list(map(partial(str.__new__, cls), message_ids))


class MessageStore(Protocol):
    """What a message needs of the store that leased it."""

    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool: ...
    async def aacknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool: ...
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
    ) -> bool: ...
    async def anack(
        self,
        stream_name: str,
        message_id: str,
        *,
        receipt: str | None = None,
        delay: Duration | None = None,
        error: str | BaseException | None = None,
        dead_letter: bool = False,
        max_attempts: int | None = None,
    ) -> bool: ...
    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime: ...
    async def aextend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime: ...
    def message_atomic(self, message: "Message") -> AbstractContextManager[None]: ...
    def amessage_atomic(
        self, message: "Message"
    ) -> AbstractAsyncContextManager[None]: ...


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """
    One delivery of a message: the message, and a lease on it.

    `deliveries` includes this one; `attempts` counts the failed ones before
    it. The methods are fenced by the receipt: once the lease has gone to
    another holder they raise LeaseLost and change nothing.
    """

    decode: ClassVar[Callable[["Message"], Any]]  # set by events.codec

    stream_name: str
    message_id: str
    message_type: str
    data: JSON
    headers: dict[str, JSON]
    receipt: str
    fencing_token: int
    priority: int
    group_key: str | None
    deliveries: int
    attempts: int
    enqueued_at: datetime
    visible_until: datetime
    correlation_id: str | None
    schema_version: int
    store: MessageStore

    @property
    def payload(self) -> Any:
        """
        Return the typed object, or `data` when the message has no type.

        Raise UnknownEventType and InvalidPayload as `StoredEvent.payload`.
        """
        if not self.message_type:
            return self.data
        return Message.decode(self)

    def acknowledge(self) -> None:
        """Remove the message. Raise LeaseLost if the lease is no longer ours."""
        self.store.acknowledge(self.stream_name, self.message_id, receipt=self.receipt)

    async def aacknowledge(self) -> None:
        """See acknowledge()."""
        await self.store.aacknowledge(
            self.stream_name, self.message_id, receipt=self.receipt
        )

    def nack(
        self,
        *,
        delay: Duration | None = None,
        error: str | BaseException | None = None,
        dead_letter: bool = False,
    ) -> bool:
        """
        Give the message back as a failed attempt.

        Return True if it will be delivered again: at once with `delay` 0,
        after `delay` seconds, or after the queue's backoff when it is None;
        return False if it went to the dead letters.
        """
        return self.store.nack(
            self.stream_name,
            self.message_id,
            receipt=self.receipt,
            delay=delay,
            error=error,
            dead_letter=dead_letter,
        )

    async def anack(
        self,
        *,
        delay: Duration | None = None,
        error: str | BaseException | None = None,
        dead_letter: bool = False,
    ) -> bool:
        """See nack()."""
        return await self.store.anack(
            self.stream_name,
            self.message_id,
            receipt=self.receipt,
            delay=delay,
            error=error,
            dead_letter=dead_letter,
        )

    def extend(self, timeout: Duration) -> datetime:
        """Hold the lease for `timeout` seconds from now; return its new end."""
        return self.store.extend_visibility(
            self.stream_name, self.message_id, timeout, receipt=self.receipt
        )

    async def aextend(self, timeout: Duration) -> datetime:
        """See extend()."""
        return await self.store.aextend_visibility(
            self.stream_name, self.message_id, timeout, receipt=self.receipt
        )

    def atomic(self) -> AbstractContextManager[None]:
        """
        Commit the block's writes and the acknowledge together, or neither.

        If the block raises, all rolls back and the lease stays. If the lease
        was lost meanwhile, LeaseLost rolls the block back.
        """
        return self.store.message_atomic(self)

    def aatomic(self) -> AbstractAsyncContextManager[None]:
        """See atomic(). The block must do its database work by sync_to_async."""
        return self.store.amessage_atomic(self)

    def __repr__(self) -> str:
        return (
            f"<Message {self.stream_name}#{self.message_id} {self.message_type} "
            f"delivery={self.deliveries} attempts={self.attempts}>"
        )


DeadReason = Literal["rejected", "max_attempts", "max_deliveries", "cancelled"]


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """One failure of a message: when, which attempt, and how it failed."""

    at: datetime
    attempt: int
    error: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """
    A message that will not be delivered again, and why.

    `error` is the last one; `errors` are the first and the last nine.
    """

    stream_name: str
    message_id: str
    message_type: str
    data: JSON
    headers: dict[str, JSON]
    priority: int
    group_key: str | None
    deliveries: int
    attempts: int
    enqueued_at: datetime
    correlation_id: str | None
    schema_version: int
    reason: str
    error: str
    errors: tuple[FailedAttempt, ...]
    fingerprint: str
    died_at: datetime

    def __repr__(self) -> str:
        return f"<DeadLetter {self.stream_name}#{self.message_id} {self.reason}>"


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """
    A persistent stream at a glance.

    `last_offset` is -1 before the first event. A deleted stream does not exist
    any more; its name is reserved.
    """

    stream_name: str
    exists: bool
    concurrent: bool
    first_offset: int
    last_offset: int
    length: int | None
    first_timestamp: datetime | None
    last_timestamp: datetime | None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """
    A queue at a glance.

    Each state is counted up to a bound; `estimated` names those that went
    beyond it. `oldest_age` is the age in seconds of the oldest ready message.
    """

    stream_name: str
    ready: int
    in_flight: int
    delayed: int
    blocked: int
    dead: int
    oldest_age: float | None
    estimated: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Say whether every number was counted, and none estimated."""
        return not self.estimated

    @property
    def depth(self) -> int:
        """Return how many messages are not finished, dead ones apart."""
        return self.ready + self.in_flight + self.delayed + self.blocked
