"""Enqueueing once, however often it is asked for: by a key that a queue keeps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events.enqueue_options import EnqueueOptions
from eventstreaming.events.envelopes import NewMessage, message_digest
from eventstreaming.exceptions import IdempotencyConflict
from eventstreaming.models import IdempotencyKey
from eventstreaming.types import EnqueuedId


class EnqueueOnceOperations(RelationalStore):
    """
    What remembers the message of the first call with a key, or of a window.

    The key's row is written before the message, in one transaction with it: a
    second call waits at the unique index until the first one has ended, and
    then finds its message's id, or nothing.
    """

    def _enqueue_once(
        self,
        stream_name: str,
        idempotency_key: str,
        new: NewMessage,
        enqueue: Callable[[], EnqueuedId],
    ) -> EnqueuedId:
        """Call `enqueue` unless a call with the key has done so before."""
        rows = IdempotencyKey.objects.using(self.database)
        keys = rows.filter(
            scope=IdempotencyKey.Scope.QUEUE, name=stream_name, key=idempotency_key
        )
        digest = message_digest(new)
        first = keys.first()
        if first is None:
            with self.all_or_none():
                row = IdempotencyKey(
                    scope=IdempotencyKey.Scope.QUEUE,
                    name=stream_name,
                    key=idempotency_key,
                    digest=digest,
                )
                rows.bulk_create([row], ignore_conflicts=True)
                first = keys.get()
                if not first.count:
                    enqueued = enqueue()
                    keys.update(count=1, first_offset=int(enqueued))
                    return enqueued
        if bytes(first.digest) != digest:
            raise IdempotencyConflict(stream_name, idempotency_key)
        return EnqueuedId(str(first.first_offset), created=False)

    def _enqueue_unless_recent(
        self,
        stream_name: str,
        options: EnqueueOptions,
        enqueue: Callable[[], EnqueuedId],
    ) -> EnqueuedId:
        """Call `enqueue` unless the key's window is open, whoever has opened it."""
        rows = IdempotencyKey.objects.using(self.database)
        place: dict[str, Any] = {
            "scope": IdempotencyKey.Scope.DEDUPLICATION,
            "name": stream_name,
            "key": options.deduplication_key,
        }
        window = timedelta(seconds=options.deduplication_window or 0)
        keys = rows.filter(**place)
        with self.all_or_none():
            row = IdempotencyKey(**place, digest=b"")
            rows.bulk_create([row], ignore_conflicts=True)
            keys.select_for_update().first()
            recent = keys.filter(count=1, created_at__gt=Now() - window).first()
            if recent is not None:
                return EnqueuedId(str(recent.first_offset), created=False)
            enqueued = enqueue()
            if enqueued.created:
                keys.update(count=1, first_offset=int(enqueued), created_at=Now())
            return enqueued
