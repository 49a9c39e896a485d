"""Appending once, however often it is asked for: by a key that a stream keeps."""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from eventstreaming.backends.reading import (
    MAX_BATCH_SIZE,
    Page,
    ReadRequest,
    offset_of,
    read_pages,
    read_request,
)
from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events.envelopes import NewEvent, digest_of
from eventstreaming.exceptions import IdempotencyConflict
from eventstreaming.models import IdempotencyKey, Stream
from eventstreaming.types import ExpectedVersion, StoredEvent


class IdempotencyOperations(RelationalStore):
    """
    What remembers the first call with a key.

    The key's row is written before the events, in one transaction with them: a
    second call waits at the unique index until the first one has ended, and
    then finds its result, or nothing.
    """

    supports_idempotency = True

    def write_once(
        self,
        stream_name: str,
        expected: ExpectedVersion,
        new: list[NewEvent],
        idempotency_key: str,
    ) -> list[StoredEvent]:
        """See BaseStreams.write_once()."""
        keys = self._keys.filter(
            scope=IdempotencyKey.Scope.STREAM, name=stream_name, key=idempotency_key
        )
        digest = digest_of(new)
        first = keys.first()
        if first is None:
            with self.all_or_none():
                first = self._claimed(keys, stream_name, idempotency_key, digest)
                if not first.count:
                    written = self.write_events(stream_name, expected, new)
                    _settle(keys, written)
                    return written
        if bytes(first.digest) != digest:
            raise IdempotencyConflict(stream_name, idempotency_key)
        return self._first_result(stream_name, first)

    def forget_idempotency_keys(self, older_than: timedelta, limit: int) -> int:
        """See BaseStreams.forget_idempotency_keys()."""
        old = self._keys.filter(created_at__lt=Now() - older_than)
        ids = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
        return self._keys.filter(pk__in=ids)._raw_delete(self.database) if ids else 0

    @property
    def _keys(self) -> QuerySet[IdempotencyKey]:
        return IdempotencyKey.objects.using(self.database)

    def _claimed(
        self,
        keys: QuerySet[IdempotencyKey],
        stream_name: str,
        idempotency_key: str,
        digest: bytes,
    ) -> IdempotencyKey:
        """
        Return the key's row, with a count of 0 if this transaction is the first.

        The head comes before the key, as in a transaction that has appended
        without one: so two transactions do not wait for each other.
        """
        serial = Stream.objects.using(self.database).filter(
            name=stream_name, kind=Stream.Kind.SERIAL
        )
        serial.select_for_update(no_key=self._is_postgresql).first()
        row = IdempotencyKey(
            scope=IdempotencyKey.Scope.STREAM,
            name=stream_name,
            key=idempotency_key,
            digest=digest,
        )
        self._keys.bulk_create([row], ignore_conflicts=True)
        return keys.get()

    @property
    def _is_postgresql(self) -> bool:
        return self.connection.vendor == "postgresql"

    def _first_result(
        self, stream_name: str, first: IdempotencyKey
    ) -> list[StoredEvent]:
        """Read the events of the first call. They are committed, so no fence."""
        request = read_request(
            first.first_offset,
            first.last_offset,
            field="offset",
            limit=None,
            backwards=False,
            event_types=None,
            batch_size=MAX_BATCH_SIZE,
            follow=False,
        )

        def fetch(request: ReadRequest, size: int) -> Page:
            page = self.fetch_stream_page(stream_name, request, size, fenced=True)
            return page or ([], -1)

        wanted = first.offsets and set(first.offsets)
        return [
            event
            for event in read_pages(request, offset_of, fetch)
            if not wanted or event.offset in wanted
        ]


def _settle(keys: QuerySet[IdempotencyKey], written: list[StoredEvent]) -> None:
    first, last = written[0], written[-1]
    dense = last.offset - first.offset == len(written) - 1
    keys.update(
        count=len(written),
        first_offset=first.offset,
        last_offset=last.offset,
        last_position=last.position,
        offsets=None if dense else [event.offset for event in written],
    )
