"""What tests ask of the store in memory."""

from collections.abc import Collection
from datetime import datetime, timedelta

from eventstreaming import clock
from eventstreaming.backends.base_rehearsing import LiveMessage
from eventstreaming.backends.memory.data import MemoryStore, copied


class RehearsalOperations(MemoryStore):
    """It goes by `eventstreaming.clock`, and by what is moved back here."""

    def live_messages(self, stream_name: str | None = None) -> list[LiveMessage]:
        """See BaseRehearsing.live_messages()."""
        data = self._data
        with data.lock:
            now = clock.now()
            return [
                LiveMessage(
                    stream_name=kept.stream_name,
                    message_id=str(number),
                    message_type=kept.message_type,
                    schema_version=kept.schema_version,
                    data=copied(kept.data),
                    headers=copied(kept.headers),
                    priority=kept.priority,
                    group_key=kept.group_key,
                    deduplication_key=kept.deduplication_key,
                    correlation_id=kept.correlation_id,
                    due_in=_seconds(kept.due_at, now),
                    deliveries=kept.deliveries,
                    attempts=kept.attempts,
                )
                for number, kept in sorted(data.messages.items())
                if stream_name in (None, kept.stream_name)
            ]

    def seconds_to_next(
        self, queues: Collection[str], subscriptions: Collection[str] = ()
    ) -> float | None:
        """See BaseRehearsing.seconds_to_next()."""
        data = self._data
        with data.lock:
            now = clock.now()
            return min(
                (
                    _seconds(kept.due_at, now)
                    for kept in data.messages.values()
                    if kept.stream_name in queues and kept.is_delayed(now)
                ),
                default=None,
            )

    def pass_time(self, seconds: float) -> None:
        """See BaseRehearsing.pass_time()."""
        older = timedelta(seconds=seconds)
        data = self._data
        with data.lock:
            for dead in data.dead.values():
                dead.died_at -= older
                dead.message.enqueued_at -= older
            for kept in data.messages.values():
                kept.enqueued_at -= older
                for name in ("due_at", "expires_at", "leased_until"):
                    moment = getattr(kept, name)
                    setattr(kept, name, moment and moment - older)
            for keys in (data.idempotency_keys, data.recent_keys, data.enqueue_keys):
                for key, (moment, *rest) in keys.items():
                    keys[key] = (moment - older, *rest)

    @property
    def checkpoints(self) -> dict[str, int]:
        """See BaseRehearsing.checkpoints."""
        return self._data.checkpoints


def _seconds(due_at: datetime | None, now: datetime) -> float:
    return 0.0 if due_at is None else max(0.0, (due_at - now).total_seconds())
