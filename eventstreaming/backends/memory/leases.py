"""What the holder of a lease may do in memory, fenced by its receipt."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from eventstreaming import clock
from eventstreaming.backends.failures import KEPT_ERRORS, failure_of
from eventstreaming.backends.leasing import leased
from eventstreaming.backends.memory.data import KeptMessage, MemoryData
from eventstreaming.backends.memory.queue_settings import QueueSettingsOperations
from eventstreaming.events import arguments
from eventstreaming.events.queue_settings import delay_before_retry
from eventstreaming.exceptions import LeaseLost, MessageNotFound
from eventstreaming.types import DeadReason, Duration, FailedAttempt, Message


class LeaseOperations(QueueSettingsOperations):
    """Acknowledge, nack, extend and release."""

    @contextmanager
    def message_atomic(self, message: Message) -> Iterator[None]:
        """See types.Message.atomic(). What the block did is not undone."""
        yield
        message.acknowledge()

    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool:
        """See services.acknowledge()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        lease = arguments.receipt(receipt, number)
        data = self._data
        with data.lock:
            if lease is None:
                found = data.find(stream_name, number)
            else:
                found = _leased(data, stream_name, number, lease)
            if found is not None:
                data.remove(found)
        return found is not None

    def acknowledge_many(
        self, stream_name: str, messages: Iterable[Message]
    ) -> list[Message]:
        """See services.acknowledge_many()."""
        stream_name = arguments.stream_name(stream_name)
        asked = leased(messages, stream_name)
        data = self._data
        with data.lock:
            held, lost = _held(data, asked)
            for message in held:
                data.remove(message)
        return lost

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
        settings = self.queue_settings(stream_name)
        data = self._data
        with data.lock:
            if lease is not None:
                message = _leased(data, stream_name, number, lease)
            elif (found := data.find(stream_name, number)) is not None:
                message = found
            else:
                raise MessageNotFound(stream_name, message_id)
            message.attempts += 1
            message.leased_until = None
            message.errors.append(
                FailedAttempt(clock.now(), message.attempts, failure.text)
            )
            del message.errors[1 : 1 - KEPT_ERRORS]
            maximum = maximum or settings.max_attempts
            if dead_letter or message.cancel_requested or message.attempts >= maximum:
                reason: DeadReason = "rejected" if dead_letter else "max_attempts"
                if message.cancel_requested:
                    reason = "cancelled"
                data.bury(message, reason, failure)
                return False
            if seconds is None:
                seconds = delay_before_retry(
                    settings.backoff, message.attempts, clock.random
                )
            message.due_at = clock.now() + timedelta(seconds=seconds)
            return True

    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        """See services.extend_visibility()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        seconds = arguments.visibility_timeout(timeout, "timeout")
        lease = arguments.required_receipt(receipt, number)
        data = self._data
        with data.lock:
            message = _leased(data, stream_name, number, lease)
            message.leased_until = clock.now() + timedelta(seconds=seconds)
            return message.leased_until

    def extend_many(
        self, messages: Iterable[Message], timeout: Duration
    ) -> list[Message]:
        """See BaseEventStore.extend_many()."""
        seconds = arguments.visibility_timeout(timeout, "timeout")
        asked = leased(messages)
        data = self._data
        with data.lock:
            held, lost = _held(data, asked)
            for message in held:
                message.leased_until = clock.now() + timedelta(seconds=seconds)
        return lost

    def release(self, messages: Iterable[Message]) -> None:
        """See BaseEventStore.release()."""
        asked = leased(messages)
        data = self._data
        with data.lock:
            held, _ = _held(data, asked)
            for message in held:
                message.leased_until = None
                message.deliveries -= 1


def _leased(data: MemoryData, stream_name: str, number: int, lease: int) -> KeptMessage:
    message = data.find(stream_name, number)
    if message is None:
        raise LeaseLost(stream_name, str(number), "gone")
    if message.lease != lease:
        raise LeaseLost(stream_name, str(number), "taken")
    if message.leased_until is None:
        raise LeaseLost(stream_name, str(number), "released")
    return message


def _held(
    data: MemoryData, messages: list[Message]
) -> tuple[list[KeptMessage], list[Message]]:
    """Part deliveries into messages whose lease is held and lost deliveries."""
    held: dict[int, KeptMessage] = {}
    lost = []
    for message in messages:
        number = int(message.message_id)
        try:
            held[number] = _leased(
                data, message.stream_name, number, message.fencing_token
            )
        except LeaseLost:
            lost.append(message)
    return list(held.values()), lost
