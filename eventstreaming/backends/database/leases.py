"""What the holder of a lease may do by the ORM, always fenced by its receipt."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.backends.database.burying import BuryingOperations
from eventstreaming.backends.database.queue_settings import QueueSettingsOperations
from eventstreaming.backends.failures import KEPT_ERRORS, failure_of
from eventstreaming.backends.leasing import leased
from eventstreaming.backends.waking.topics import queue_topic
from eventstreaming.events import arguments
from eventstreaming.events.queue_settings import delay_before_retry
from eventstreaming.exceptions import LeaseLost, MessageNotFound
from eventstreaming.models import Message as MessageRow
from eventstreaming.models.queues import NEVER
from eventstreaming.types import JSON, DeadReason, Duration, Message


class LeaseOperations(BuryingOperations, QueueSettingsOperations):
    """
    Acknowledge, nack, extend and release.

    Whether the lease is held is a condition of the statement that changes the
    row, or locks it: nobody can take the lease in between.
    """

    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool:
        """See services.acknowledge()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        lease = arguments.receipt(receipt, number)
        removed = self._delete(self._held(stream_name, number, lease))
        if not removed and lease is not None:
            raise self._lease_lost(stream_name, number, lease)
        return bool(removed)

    def acknowledge_many(
        self, stream_name: str, messages: Iterable[Message]
    ) -> list[Message]:
        """See services.acknowledge_many()."""
        stream_name = arguments.stream_name(stream_name)
        asked = leased(messages, stream_name)
        with self.all_or_none():
            removed = {
                message.receipt
                for message in _in_order(asked)
                if self._delete(self._held_by(message))
            }
        return [message for message in asked if message.receipt not in removed]

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
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        lease = arguments.receipt(receipt, number)
        failure = failure_of(error)
        seconds = arguments.optional_delay(delay)
        dead_letter = arguments.flag(dead_letter, "dead_letter")
        maximum = arguments.optional_integer(max_attempts, "max_attempts", 1, 32_767)
        with self.all_or_none():
            held = self._held(stream_name, number, lease)
            row = held.select_for_update().annotate(now=Now()).first()
            if row is None:
                if lease is None:
                    raise MessageNotFound(stream_name, message_id)
                raise self._lease_lost(stream_name, number, lease)
            settings = self.queue_settings(stream_name)
            row.attempts += 1
            error = _error(self._moment(row.now), row.attempts, failure.text)
            row.errors = [*(row.errors or []), error]
            del row.errors[1 : 1 - KEPT_ERRORS]  # the first one says how it began
            maximum = maximum or row.max_attempts or settings.max_attempts
            if dead_letter or row.cancel_requested or row.attempts >= maximum:
                reason: DeadReason = "rejected" if dead_letter else "max_attempts"
                if row.cancel_requested:
                    reason = "cancelled"
                self._bury(row, reason, failure)
                return False
            if seconds is None:
                seconds = delay_before_retry(
                    settings.backoff, row.attempts, clock.random
                )
            self._messages.filter(pk=row.pk).update(
                attempts=row.attempts,
                errors=row.errors,
                leased_until=NEVER,
                **schedule(seconds),
            )
        return True

    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        """See services.extend_visibility()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        seconds = arguments.visibility_timeout(timeout, "timeout")
        lease = arguments.required_receipt(receipt, number)
        held = self._held(stream_name, number, lease)
        held.update(leased_until=Now() + timedelta(seconds=seconds))
        until = held.values_list("leased_until", flat=True).first()
        if until is None:
            raise self._lease_lost(stream_name, number, lease)
        return self._moment(until)

    def extend_many(
        self, messages: Iterable[Message], timeout: Duration
    ) -> list[Message]:
        """See BaseEventStore.extend_many()."""
        seconds = arguments.visibility_timeout(timeout, "timeout")
        asked = leased(messages)
        with self.all_or_none():
            rows = self._messages.filter(pk__in=[int(m.message_id) for m in asked])
            unlocked = set(
                rows.select_for_update(skip_locked=True).values_list("pk", flat=True)
            )
            for message in asked:
                if int(message.message_id) in unlocked:
                    self._held_by(message).update(
                        leased_until=Now() + timedelta(seconds=seconds)
                    )
            return [m for m in asked if not self._held_by(m).exists()]

    def release(self, messages: Iterable[Message]) -> None:
        """See BaseEventStore.release()."""
        asked = leased(messages)
        with self.all_or_none():
            for message in _in_order(asked):
                self._held_by(message).update(
                    leased_until=NEVER, deliveries=F("deliveries") - 1
                )

    def release_worker(
        self,
        worker_id: str,
        queues: Iterable[str],
        *,
        begun: Collection[str] | None = None,
    ) -> list[str]:
        """See BaseQueues.release_worker()."""
        held = self._messages.filter(
            worker_id=worker_id, queue__in=list(queues), leased_until__gt=NEVER
        )
        with self.all_or_none():
            rows = list(held.select_for_update(skip_locked=True).order_by("pk"))
            for row in rows:
                unbegun = begun is not None and str(row.pk) not in begun
                self._messages.filter(pk=row.pk).update(
                    leased_until=NEVER, deliveries=F("deliveries") - int(unbegun)
                )
        for name in sorted({row.queue for row in rows}):
            self.announce(queue_topic(name))
        return [arguments.receipt_of(row.pk, row.lease) for row in rows]

    def _held(
        self, stream_name: str, number: int, lease: int | None
    ) -> QuerySet[MessageRow]:
        """Find a message, under a lease that is held if one is named."""
        rows = self._messages.filter(pk=number, queue=stream_name)
        if lease is None:
            return rows
        return rows.filter(lease=lease, leased_until__gt=NEVER)

    def _held_by(self, message: Message) -> QuerySet[MessageRow]:
        return self._held(
            message.stream_name, int(message.message_id), message.fencing_token
        )

    def _lease_lost(self, stream_name: str, number: int, lease: int) -> LeaseLost:
        row = self._messages.filter(pk=number, queue=stream_name).first()
        if row is None:
            return LeaseLost(stream_name, str(number), "gone")
        released = row.lease == lease
        return LeaseLost(stream_name, str(number), "released" if released else "taken")


def schedule(seconds: float) -> dict[str, Any]:
    """Return the columns of a message that is ready in so many seconds."""
    if seconds > 0:
        due_at = Now() + timedelta(seconds=seconds)
        return {"state": MessageRow.State.DEFERRED, "due_at": due_at}
    return {"state": MessageRow.State.READY, "due_at": None}


def _in_order(messages: list[Message]) -> list[Message]:
    """Return messages in the one order in which everybody locks them."""
    return sorted(messages, key=lambda message: int(message.message_id))


def _error(at: datetime, attempt: int, text: str) -> JSON:
    return {"at": at.isoformat(), "attempt": attempt, "error": text}
