"""Removing old events, and whole streams, from the tables."""

import logging
from collections.abc import Iterator

from django.db.models import Q, QuerySet

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.events.arguments import MAX_BIGINT
from eventstreaming.exceptions import (
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.models import Checkpoint, Event, Stream
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    ExpectedVersion,
)

logger = logging.getLogger("eventstreaming")

REMOVAL_BATCH_SIZE = 1_000  # events deleted by one statement


class TruncationOperations(RelationalStore):
    """
    What takes events away. The first offset is raised, then they are deleted.

    Outside a transaction both steps commit by themselves: a crash in between
    leaves hidden events, and the same call or the next pruning deletes them.
    """

    supports_truncation = True

    def truncate_stream(self, stream_name: str, before_offset: int) -> int:
        """See services.truncate_stream()."""
        stream_name = arguments.stream_name(stream_name)
        before = arguments.integer(before_offset, "before_offset")
        self.raise_first_offset(stream_name, before)
        return sum(self.remove_truncated(stream_name))

    def delete_stream(
        self, stream_name: str, *, expected_version: ExpectedVersion = ANY_VERSION
    ) -> int:
        """See services.delete_stream()."""
        stream_name = arguments.stream_name(stream_name)
        expected = arguments.expected_version(expected_version)
        with self.all_or_none():
            stream = self._locked(stream_name)
            if stream is None:
                _check_version(stream_name, stream, expected)
                return 0
            if stream.state != Stream.State.DELETED:
                _check_version(stream_name, stream, expected)
                self._set_first_offset(stream, MAX_BIGINT, state=Stream.State.DELETED)
        return sum(self.remove_truncated(stream_name))

    def raise_first_offset(self, stream_name: str, before: int) -> None:
        """
        See BaseStreamOperating.raise_first_offset().

        In a concurrent stream an append that is under way may still fill a lower
        offset, so nothing is hidden above the fence.
        """
        with self.all_or_none():
            stream = self._locked(stream_name)
            if stream is None:
                return
            if stream.state == Stream.State.DELETED:
                raise StreamDeleted(stream_name)
            if stream.kind == Stream.Kind.CONCURRENT:
                before = min(before, self.fence() + 1)
            hidden = self._events_of(stream).filter(offset__lt=before)
            last = hidden.order_by("-stream_id", "-offset").first()
            if last is not None and last.offset >= stream.first_offset:
                self._set_first_offset(stream, last.offset + 1)

    def remove_truncated(
        self, stream_name: str, batch_size: int = REMOVAL_BATCH_SIZE
    ) -> Iterator[int]:
        """See BaseStreamOperating.remove_truncated(). One batch a statement."""
        streams = Stream.objects.using(self.database).filter(name=stream_name)
        for stream in streams:
            hidden = self._events_of(stream).filter(offset__lt=stream.first_offset)
            offsets = hidden.order_by("stream_id", "offset").values_list(
                "offset", flat=True
            )
            edge: int | None = 0
            while edge is not None:
                edge = offsets[batch_size - 1 : batch_size].first()
                batch = hidden if edge is None else hidden.filter(offset__lte=edge)
                yield batch._raw_delete(self.database)

    def _locked(self, stream_name: str) -> Stream | None:
        """Return a stream whose head does not move until the transaction ends."""
        streams = Stream.objects.using(self.database).select_for_update()
        return streams.filter(name=stream_name).first()

    def _events_of(self, stream: Stream) -> QuerySet[Event]:
        return Event.objects.using(self.database).filter(stream_id=stream.pk)

    def _set_first_offset(
        self, stream: Stream, first_offset: int, **changes: int
    ) -> None:
        """Hide the events below; say which subscriptions will not see them."""
        taken = self._events_of(stream).filter(
            offset__gte=stream.first_offset, offset__lt=first_offset
        )
        last = taken.order_by("-stream_id", "-offset").first()
        if last is not None:
            self._warn_of_readers(stream, last)
        Stream.objects.using(self.database).filter(pk=stream.pk).update(
            first_offset=first_offset, **changes
        )

    def _warn_of_readers(self, stream: Stream, last: Event) -> None:
        in_stream = Q(subscription__source=stream.name, offset__lt=last.offset)
        elsewhere = Q(
            subscription__source__in=[f"{stream.category}-*", "*"],
            position__lt=last.position,
        )
        behind = Checkpoint.objects.using(self.database).filter(in_stream | elsewhere)
        names = behind.values_list("subscription__name", flat=True)
        if lost := sorted(set(names)):
            logger.warning(
                "stream %s: events up to offset %d are removed before they were read "
                "by %s",
                stream.name,
                last.offset,
                ", ".join(lost),
            )


def _check_version(
    stream_name: str, stream: Stream | None, expected: ExpectedVersion
) -> None:
    if expected is ANY_VERSION:
        return
    if stream is not None and stream.kind == Stream.Kind.CONCURRENT:
        raise StreamKindConflict(
            stream_name, "a concurrent stream takes no expected version"
        )
    actual = NO_STREAM if stream is None else stream.next_offset - 1
    if expected == actual or (expected is STREAM_EXISTS and actual > NO_STREAM):
        return
    raise WrongExpectedVersion(stream_name, expected, actual)
