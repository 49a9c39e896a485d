"""The ephemeral half of what a store promises."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from eventstreaming import clock
from eventstreaming.backends.base_cancelling import BaseCancelling
from eventstreaming.backends.base_dead_letters import BaseDeadLetters
from eventstreaming.backends.base_waking import BaseWaking
from eventstreaming.backends.consuming import AsyncConsumption, Consumption
from eventstreaming.backends.twins import async_block, async_method
from eventstreaming.backends.waiting import pauses
from eventstreaming.events import arguments
from eventstreaming.events.enqueue_options import EnqueueOptions, enqueue_options
from eventstreaming.events.envelopes import NewMessage, new_message, new_messages
from eventstreaming.events.observing import sending
from eventstreaming.events.queue_settings import Delays, QueueSettings
from eventstreaming.events.signals import tell_enqueued
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.types import (
    JSON,
    Duration,
    EnqueuedId,
    Message,
    QueueInfo,
)


class LeaseTerms(NamedTuple):
    """What a worker asks of the leases on a queue; None: the queue's setting."""

    visibility_timeout: float | None  # seconds
    max_deliveries: int | None


class BaseQueues(BaseCancelling, BaseDeadLetters, BaseWaking, ABC):
    """Queues. What each method does stands in `services`."""

    def enqueue(
        self,
        stream_name: str,
        message: object,
        *,
        delay: Duration | None = None,
        priority: int = 0,
        group_key: str | None = None,
        deduplication_key: str | None = None,
        deduplication_window: Duration | None = None,
        idempotency_key: str | None = None,
        expires_in: Duration | None = None,
        headers: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
    ) -> EnqueuedId:
        """See services.enqueue()."""
        stream_name = arguments.stream_name(stream_name)
        with sending("enqueue", stream_name, self.alias) as sent:
            options = enqueue_options(
                delay=delay,
                priority=priority,
                group_key=group_key,
                deduplication_key=deduplication_key,
                deduplication_window=deduplication_window,
                expires_in=expires_in,
                headers=sent.with_carried(headers),
                correlation_id=correlation_id,
            )
            idempotency_key = arguments.text(idempotency_key, "idempotency_key")
            new = new_message(message)
            written = self.write_message(stream_name, options, new, idempotency_key)
            sent.wrote(int(written.created))
        tell_enqueued(self, stream_name, [written] if written.created else [])
        return written

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
        stream_name = arguments.stream_name(stream_name)
        with sending("enqueue", stream_name, self.alias) as sent:
            options = enqueue_options(
                delay=delay,
                priority=priority,
                group_key=group_key,
                deduplication_key=None,
                expires_in=expires_in,
                headers=sent.with_carried(headers),
                correlation_id=correlation_id,
            )
            new = new_messages(messages)
            written = self.write_messages(stream_name, options, new) if new else []
            sent.wrote(len(written))
        tell_enqueued(self, stream_name, written)
        return written

    @abstractmethod
    def write_message(
        self,
        stream_name: str,
        options: EnqueueOptions,
        new: NewMessage,
        idempotency_key: str | None,
    ) -> EnqueuedId:
        """
        Write a checked message, and announce it.

        Where another one with its deduplication key lives, or is younger than the
        window, or a call with the idempotency key has been before, return that
        one's id instead. Raise IdempotencyConflict when that call's message differs.
        """

    @abstractmethod
    def write_messages(
        self, stream_name: str, options: EnqueueOptions, new: list[NewMessage]
    ) -> list[EnqueuedId]:
        """Write checked messages, of which there are some, in order, all or none."""

    def dequeue(
        self,
        stream_name: str,
        visibility_timeout: Duration | None = None,
        *,
        wait: Duration | None = None,
    ) -> Message | None:
        """See services.dequeue()."""
        looks = pauses(wait)
        while not (found := self.dequeue_many(stream_name, 1, visibility_timeout)):
            pause = next(looks, None)
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
        looks = pauses(wait)
        while not (
            found := await self.adequeue_many(stream_name, 1, visibility_timeout)
        ):
            pause = next(looks, None)
            if pause is None:
                return None
            await clock.asleep(pause)
        return found[0]

    @abstractmethod
    def dequeue_many(
        self,
        stream_name: str,
        limit: int,
        visibility_timeout: Duration | None = None,
        *,
        max_deliveries: int | None = None,
    ) -> list[Message]:
        """See services.dequeue_many()."""

    def claim_many(self, queues: Mapping[str, LeaseTerms], limit: int) -> list[Message]:
        """
        Lease up to `limit` messages of several queues, the first queue's first.

        This is for workers; names and terms are checked already.
        """
        messages: list[Message] = []
        for name, terms in queues.items():
            if len(messages) < limit:
                messages += self.dequeue_many(
                    name,
                    limit - len(messages),
                    terms.visibility_timeout,
                    max_deliveries=terms.max_deliveries,
                )
        return messages

    @abstractmethod
    def pop(self, stream_name: str) -> Message | None:
        """See services.pop()."""

    def consume(
        self,
        stream_name: str,
        visibility_timeout: Duration | None = None,
        *,
        wait: Duration | None = None,
        follow: bool = False,
        limit: int | None = None,
    ) -> Consumption:
        """See services.consume()."""
        return Consumption(self, stream_name, visibility_timeout, wait, follow, limit)

    def aconsume(
        self,
        stream_name: str,
        visibility_timeout: Duration | None = None,
        *,
        wait: Duration | None = None,
        follow: bool = False,
        limit: int | None = None,
    ) -> AsyncConsumption:
        """See consume(). The event loop goes on while this waits."""
        return AsyncConsumption(
            self, stream_name, visibility_timeout, wait, follow, limit
        )

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

    def release_worker(
        self,
        worker_id: str,
        queues: Iterable[str],
        *,
        begun: Collection[str] | None = None,
    ) -> list[str]:
        """
        Give back what a dead process holds of some queues; return the receipts.

        `worker_id` is what `identity.worker_id()` was there. It is no attempt. The
        delivery counts for the message ids in `begun`, or for all if that is not
        known: it may be what killed the process. Call it only when the process is
        known to be dead, and again a little later: its sessions may live longer.
        """
        return []

    @abstractmethod
    def message_atomic(self, message: Message) -> AbstractContextManager[None]:
        """See types.Message.atomic()."""

    @abstractmethod
    def configure_queue(
        self,
        name: str,
        *,
        visibility_timeout: Duration | Unset | None = UNSET,
        max_attempts: int | Unset | None = UNSET,
        max_deliveries: int | Unset | None = UNSET,
        timeout: Duration | Unset | None = UNSET,
        concurrency: int | Unset | None = UNSET,
        backoff: Delays | Unset | None = UNSET,
        dead_letter_retention: Duration | Unset | None = UNSET,
        group_policy: str | Unset | None = UNSET,
        description: str | Unset = UNSET,
        paused: bool | Unset = UNSET,
    ) -> None:
        """See services.configure_queue()."""

    @abstractmethod
    def queue_settings(self, stream_name: str) -> QueueSettings:
        """See services.queue_settings()."""

    def queue_settings_of(self, names: Sequence[str]) -> dict[str, QueueSettings]:
        """Return the settings in force of several queues, whose names are checked."""
        return {name: self.queue_settings(name) for name in names}

    @abstractmethod
    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info()."""

    def queue_infos(self, stream_names: Sequence[str]) -> list[QueueInfo]:
        """
        Return what queue_info() tells of several queues, in their order.

        The names are the store's own: one that no function lets in is not refused.
        """
        return [self.queue_info(name) for name in stream_names]

    @abstractmethod
    def purge(self, stream_name: str) -> int:
        """See services.purge()."""

    aenqueue = async_method(enqueue)
    aenqueue_many = async_method(enqueue_many)
    adequeue_many = async_method(dequeue_many)
    apop = async_method(pop)
    aacknowledge = async_method(acknowledge)
    aacknowledge_many = async_method(acknowledge_many)
    anack = async_method(nack)
    aextend_visibility = async_method(extend_visibility)
    aconfigure_queue = async_method(configure_queue)
    aqueue_settings = async_method(queue_settings)
    aqueue_info = async_method(queue_info)
    apurge = async_method(purge)

    @asynccontextmanager
    async def amessage_atomic(self, message: Message) -> AsyncIterator[None]:
        """See message_atomic()."""
        async with async_block(self.message_atomic(message)):
            yield
