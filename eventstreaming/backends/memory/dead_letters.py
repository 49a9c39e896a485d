"""Dead letters in memory, and sending them back."""

from collections.abc import Iterable
from itertools import islice

from eventstreaming.backends.memory.data import DeadMessage, MemoryStore, copied
from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.types import DeadLetter


class DeadLetterOperations(MemoryStore):
    """Messages that are not delivered again."""

    def dead_letters(
        self,
        stream_name: str | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        limit: int = 100,
    ) -> list[DeadLetter]:
        """See services.dead_letters()."""
        if stream_name is not None:
            stream_name = arguments.stream_name(stream_name)
        reason = arguments.text(reason, "reason")
        fingerprint = arguments.text(fingerprint, "fingerprint")
        limit = arguments.integer(limit, "limit", 1, limits().messages_per_dequeue)
        data = self._data
        with data.lock:
            newest_first = (data.dead[n] for n in sorted(data.dead, reverse=True))
            chosen = (
                _dead_letter(dead)
                for dead in newest_first
                if stream_name in (None, dead.message.stream_name)
                and reason in (None, dead.reason)
                and fingerprint in (None, dead.failure.fingerprint)
            )
            return list(islice(chosen, limit))

    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        limit: int | None = None,
    ) -> int:
        """See services.redrive()."""
        stream_name = arguments.stream_name(stream_name)
        numbers = None if ids is None else set(arguments.message_ids(ids))
        limit = arguments.optional_integer(limit, "limit", 1)
        data = self._data
        with data.lock:
            chosen = [
                number
                for number, dead in sorted(data.dead.items())
                if dead.message.stream_name == stream_name
                and (numbers is None or number in numbers)
            ][:limit]
            for number in chosen:
                message = data.dead.pop(number).message
                message.deliveries = message.attempts = 0
                message.due_at = message.expires_at = None
                data.put(message)
        return len(chosen)


def _dead_letter(dead: DeadMessage) -> DeadLetter:
    message = dead.message
    return DeadLetter(
        stream_name=message.stream_name,
        message_id=str(message.number),
        message_type=message.message_type,
        data=copied(message.data),
        headers=copied(message.headers),
        priority=message.priority,
        group_key=None,
        deliveries=message.deliveries,
        attempts=message.attempts,
        enqueued_at=message.enqueued_at,
        correlation_id=message.correlation_id,
        schema_version=message.schema_version,
        reason=dead.reason,
        error=dead.failure.text,
        fingerprint=dead.failure.fingerprint,
        died_at=dead.died_at,
    )
