"""Dead letters in memory: finding them, sending them back, throwing them away."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from eventstreaming import clock
from eventstreaming.backends.memory.data import (
    DeadMessage,
    MemoryData,
    MemoryStore,
    copied,
)
from eventstreaming.events import arguments
from eventstreaming.events.dead_letter_filter import (
    DeadLetterFilter,
    checked_edit,
    dead_letter_filter,
)
from eventstreaming.events.limits import limits
from eventstreaming.types import JSON, DeadLetter, Duration


class DeadLetterOperations(MemoryStore):
    """Messages that are not delivered again."""

    def dead_letters(
        self,
        stream_name: str | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int = 100,
    ) -> list[DeadLetter]:
        """See services.dead_letters()."""
        limit = arguments.integer(limit, "limit", 1, limits().messages_per_dequeue)
        chosen = dead_letter_filter(
            stream_name,
            None,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=None,
        )
        data = self._data
        with data.lock:
            found = list(_chosen(data, chosen))
            return [_dead_letter(data.dead[n]) for n in found[: -limit - 1 : -1]]

    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
        message: object = None,
        headers: dict[str, JSON] | None = None,
    ) -> int:
        """See services.redrive()."""
        chosen = dead_letter_filter(
            arguments.stream_name(stream_name),
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=limit,
        )
        edit = checked_edit(chosen, message, headers)
        data = self._data
        with data.lock:
            numbers = list(_chosen(data, chosen))[:limit]
            for number in numbers:
                again = data.dead.pop(number).message
                again.deliveries = again.attempts = 0
                again.cancel_requested = False
                again.due_at = again.expires_at = None
                if edit.message is not None:
                    again.message_type = edit.message.message_type
                    again.schema_version = edit.message.schema_version
                    again.data = edit.message.data
                if edit.headers is not None:
                    again.headers = edit.headers
                data.put(again)
        return len(numbers)

    def discard(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
    ) -> int:
        """See services.discard()."""
        chosen = dead_letter_filter(
            arguments.stream_name(stream_name),
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=limit,
        )
        data = self._data
        with data.lock:
            numbers = list(_chosen(data, chosen))[:limit]
            for number in numbers:
                del data.dead[number]
        return len(numbers)

    def count_dead_letters(
        self,
        stream_name: str | None = None,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
    ) -> int:
        """See BaseEventStore.count_dead_letters()."""
        chosen = dead_letter_filter(
            stream_name,
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=None,
        )
        data = self._data
        with data.lock:
            return sum(1 for _ in _chosen(data, chosen))

    def dead_letter_queues(self) -> list[str]:
        """See BaseEventStore.dead_letter_queues()."""
        data = self._data
        with data.lock:
            return sorted({dead.message.stream_name for dead in data.dead.values()})


def _chosen(data: MemoryData, chosen: DeadLetterFilter) -> Iterator[int]:
    """Iterate over the numbers of dead letters, the oldest message first."""
    now = clock.now()
    for number, dead in sorted(data.dead.items()):
        age = now - dead.died_at
        if (
            chosen.stream_name in (None, dead.message.stream_name)
            and (chosen.ids is None or number in chosen.ids)
            and chosen.reason in (None, dead.reason)
            and chosen.fingerprint in (None, dead.failure.fingerprint)
            and _reaches(age, chosen.older_than)
            and (chosen.newer_than is None or not _reaches(age, chosen.newer_than))
        ):
            yield number


def _reaches(age: timedelta, seconds: float | None) -> bool:
    return seconds is None or age >= timedelta(seconds=seconds)


def _dead_letter(dead: DeadMessage) -> DeadLetter:
    message = dead.message
    return DeadLetter(
        stream_name=message.stream_name,
        message_id=str(message.number),
        message_type=message.message_type,
        data=copied(message.data),
        headers=copied(message.headers),
        priority=message.priority,
        group_key=message.group_key,
        deliveries=message.deliveries,
        attempts=message.attempts,
        enqueued_at=message.enqueued_at,
        correlation_id=message.correlation_id,
        schema_version=message.schema_version,
        reason=dead.reason,
        error=dead.failure.text,
        errors=tuple(message.errors),
        fingerprint=dead.failure.fingerprint,
        died_at=dead.died_at,
    )
