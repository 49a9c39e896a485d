"""What the memory store keeps: one `MemoryData` per alias, behind a lock."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from threading import Lock
from typing import Any
from uuid import UUID

import msgspec

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.failures import Failure
from eventstreaming.backends.memory.groups import Group
from eventstreaming.events.queue_settings import SKIP, settings_in_force
from eventstreaming.events.stream_settings import stream_settings_in_force
from eventstreaming.types import JSON, DeadReason, FailedAttempt, StoredEvent


@dataclass(slots=True, kw_only=True)
class KeptMessage:
    """
    A live message. `leased_until` is None unless a lease holds or has expired.
    """

    number: int
    stream_name: str
    message_type: str
    schema_version: int
    data: JSON
    headers: dict[str, JSON]
    priority: int
    correlation_id: str | None
    enqueued_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    group_key: str | None = None
    deduplication_key: str | None = None
    lease: int = 0
    leased_until: datetime | None = None
    deliveries: int = 0
    attempts: int = 0
    cancel_requested: bool = False
    errors: list[FailedAttempt] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, int]:
        """Return what the messages of a queue are ordered by."""
        return -self.priority, self.number

    def is_delayed(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at > now

    def is_leased(self, now: datetime) -> bool:
        return self.leased_until is not None and self.leased_until > now

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(slots=True)
class DeadMessage:
    """A message that is not delivered again, and why."""

    message: KeptMessage
    reason: DeadReason
    failure: Failure
    died_at: datetime


@dataclass(slots=True)
class MemoryData:
    """
    All that one alias keeps. Whoever reads or writes queues holds the lock.

    A list of events is only ever added to, or replaced by another, so readers of
    events need no lock. The first offset of a stream is raised before that.
    """

    lock: Lock = field(default_factory=Lock)
    events: list[StoredEvent] = field(default_factory=list)
    last_position: int = 0
    first_offsets: dict[str, int] = field(default_factory=dict)
    concurrent: set[str] = field(default_factory=set)
    idempotency_keys: dict[
        tuple[str, str], tuple[datetime, bytes, list[StoredEvent]]
    ] = field(default_factory=dict)
    recent_keys: dict[tuple[str, str], tuple[datetime, int]] = field(
        default_factory=dict
    )
    enqueue_keys: dict[tuple[str, str], tuple[datetime, bytes, int]] = field(
        default_factory=dict
    )
    deleted: set[str] = field(default_factory=set)
    stream_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    event_ids: set[UUID] = field(default_factory=set)
    streams: dict[str, list[StoredEvent]] = field(default_factory=dict)
    categories: dict[str, list[StoredEvent]] = field(default_factory=dict)
    message_numbers: Iterator[int] = field(default_factory=lambda: count(1))
    messages: dict[int, KeptMessage] = field(default_factory=dict)
    queues: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    deduplication: dict[tuple[str, str], int] = field(default_factory=dict)
    dead: dict[int, DeadMessage] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    checkpoints: dict[str, int] = field(default_factory=dict)

    def next_offset(self, stream_name: str) -> int:
        """Return the offset behind the last event; in a serial stream it is next."""
        if kept := self.streams.get(stream_name):
            return kept[-1].offset + 1
        return self.first_offsets.get(stream_name, 0)

    def is_concurrent(self, stream_name: str) -> bool:
        """Return the kind of a stream, or the configured one of a new stream."""
        if stream_name in self.streams:
            return stream_name in self.concurrent
        return stream_settings_in_force(stream_name, self.stream_settings).concurrent

    def create(self, stream_name: str, *, concurrent: bool) -> None:
        """Add an empty stream."""
        if concurrent:
            self.concurrent.add(stream_name)
        self.streams[stream_name] = []

    def put(self, message: KeptMessage) -> None:
        """Add a message to its queue, in its place."""
        self.messages[message.number] = message
        insort(self.queues.setdefault(message.stream_name, []), message.place)
        if message.group_key is not None:
            group = message.stream_name, message.group_key
            self.groups.setdefault(group, Group()).add(message)
        if message.deduplication_key is not None:
            once = message.stream_name, message.deduplication_key
            self.deduplication[once] = message.number

    def remove(self, message: KeptMessage) -> None:
        """Remove a message from its queue."""
        del self.messages[message.number]
        queue = self.queues[message.stream_name]
        del queue[bisect_left(queue, message.place)]
        if message.group_key is not None:
            group = message.stream_name, message.group_key
            self.groups[group].remove(message)
            if not self.groups[group]:
                del self.groups[group]
        if message.deduplication_key is not None:
            del self.deduplication[message.stream_name, message.deduplication_key]
            message.deduplication_key = None  # a dead letter has none

    def bury(self, message: KeptMessage, reason: DeadReason, failure: Failure) -> None:
        """Move a message to the dead letters."""
        self.remove(message)
        self.dead[message.number] = DeadMessage(message, reason, failure, clock.now())

    def queue(self, stream_name: str) -> list[KeptMessage]:
        """Return the live messages of a queue in the order of delivery."""
        return [self.messages[n] for _, n in self.queues.get(stream_name, ())]

    def visible(self, stream_name: str, now: datetime) -> Iterator[KeptMessage]:
        """Iterate over what may be delivered; the queue may change meanwhile."""
        for _, number in tuple(self.queues.get(stream_name, ())):
            message = self.messages[number]
            if message.is_delayed(now) or message.is_leased(now):
                continue
            if not self.is_held(message, now):
                yield message

    def is_held(self, message: KeptMessage, now: datetime) -> bool:
        """Say whether a message has to wait for others of its group."""
        if message.group_key is None:
            return False
        settings = settings_in_force(message.stream_name, self.settings)
        group = self.groups[message.stream_name, message.group_key]
        return group.holds(message, now, skips_delayed=settings.group_policy == SKIP)

    def find(self, stream_name: str, number: int) -> KeptMessage | None:
        """Return a live message of this queue."""
        message = self.messages.get(number)
        if message is None or message.stream_name != stream_name:
            return None
        return message


_by_alias: dict[str, MemoryData] = {}


class MemoryStore(BaseEventStore):
    """A store whose data is module-level: each thread has an object of its own."""

    supports_concurrent_streams = True
    supports_concurrent_writers = True
    supports_groups = True
    supports_deduplication = True
    enforces_immutability = True

    @property
    def _data(self) -> MemoryData:
        found = _by_alias.get(self.alias)
        return found or _by_alias.setdefault(self.alias, MemoryData())


def reset(alias: str | None = None) -> None:
    """Forget all that the alias keeps, or all aliases; numbers start again."""
    if alias is None:
        _by_alias.clear()
    else:
        _by_alias.pop(alias, None)


def copied(value: JSON) -> JSON:
    """Return a copy, so that nobody changes what is kept by what they got."""
    return deepcopy(value) if isinstance(value, dict | list) else value


def copied_event(event: StoredEvent) -> StoredEvent:
    """Return an event whose data and metadata are copies."""
    return msgspec.structs.replace(
        event, data=copied(event.data), metadata=copied(event.metadata)
    )
