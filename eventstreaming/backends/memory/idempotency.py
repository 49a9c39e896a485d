"""Appending once in memory, by a key that a stream keeps."""

from datetime import timedelta

from eventstreaming import clock
from eventstreaming.backends.memory.data import MemoryStore, copied_event
from eventstreaming.backends.memory.writing import Batch
from eventstreaming.events.envelopes import NewEvent, digest_of
from eventstreaming.exceptions import (
    EventsTruncated,
    IdempotencyConflict,
    StreamDeleted,
)
from eventstreaming.types import ExpectedVersion, StoredEvent


class IdempotencyOperations(MemoryStore):
    """What remembers the first call with a key."""

    supports_idempotency = True

    def write_once(
        self,
        stream_name: str,
        expected: ExpectedVersion,
        new: list[NewEvent],
        idempotency_key: str,
    ) -> list[StoredEvent]:
        """See BaseStreams.write_once()."""
        place, digest, data = (stream_name, idempotency_key), digest_of(new), self._data
        with data.lock:
            if place not in data.idempotency_keys:
                batch = Batch(data)
                written = batch.add(stream_name, expected, new)
                batch.publish()
                data.idempotency_keys[place] = clock.now(), digest, written
            _, first_digest, written = data.idempotency_keys[place]
            if first_digest != digest:
                raise IdempotencyConflict(stream_name, idempotency_key)
            if stream_name in data.deleted:
                raise StreamDeleted(stream_name)
            kept_from = data.first_offsets.get(stream_name, 0)
            if written[0].offset < kept_from:
                raise EventsTruncated(stream_name, written[0].offset, kept_from)
        return [copied_event(event) for event in written]

    def forget_idempotency_keys(self, older_than: timedelta, limit: int) -> int:
        """See BaseStreams.forget_idempotency_keys()."""
        data, forgotten = self._data, 0
        with data.lock:
            edge = clock.now() - older_than
            for keys in (
                data.idempotency_keys,
                data.enqueue_keys,
                data.recent_keys,
            ):
                old = [place for place, (time, *_) in keys.items() if time < edge]
                for place in old[: limit - forgotten]:
                    del keys[place]
                    forgotten += 1
        return forgotten
