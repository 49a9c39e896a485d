"""Persistent streams by the ORM: creating one, and what is known of it."""

from collections.abc import Sequence

from eventstreaming.backends.database.tables import Tables
from eventstreaming.events import arguments
from eventstreaming.exceptions import StreamDeleted, StreamKindConflict
from eventstreaming.models import Stream
from eventstreaming.types import StreamInfo


class StreamOperations(Tables):
    """What creates persistent streams, and what is known about one."""

    supports_concurrent_streams = True

    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""
        (info,) = self.stream_infos([arguments.stream_name(stream_name)])
        return info

    def stream_infos(self, stream_names: Sequence[str]) -> list[StreamInfo]:
        """See BaseStreams.stream_infos()."""
        return [self._stream_info(name) for name in stream_names]

    def _stream_info(self, stream_name: str) -> StreamInfo:
        stream = self._streams.filter(name=stream_name).first()
        if stream is None or stream.state == Stream.State.DELETED:
            deleted = stream is not None
            return StreamInfo(
                stream_name, False, False, 0, -1, 0, None, None, deleted=deleted
            )
        kept = self._events.filter(stream=stream, offset__gte=stream.first_offset)
        first = kept.order_by("offset").first()
        last = kept.order_by("offset").last()
        concurrent = stream.kind == Stream.Kind.CONCURRENT
        following = stream.next_offset
        if concurrent:
            following = stream.first_offset if last is None else last.offset + 1
        return StreamInfo(
            stream_name=stream_name,
            exists=True,
            concurrent=concurrent,
            first_offset=stream.first_offset,
            last_offset=following - 1,
            length=None if concurrent else following - stream.first_offset,
            first_timestamp=self._moment(first.timestamp) if first else None,
            last_timestamp=self._moment(last.timestamp) if last else None,
        )

    def create_stream(
        self, stream_name: str, *, concurrent: bool | None = None
    ) -> bool:
        """See services.create_stream()."""
        stream_name = arguments.stream_name(stream_name)
        kind = None
        if concurrent is not None:
            kind = Stream.Kind(int(arguments.flag(concurrent, "concurrent")))
        with self.all_or_none():
            stream, created = self._get_or_create(stream_name, kind)
        if stream.state == Stream.State.DELETED:
            raise StreamDeleted(stream_name)
        if kind is not None and stream.kind != kind:
            raise StreamKindConflict(
                stream_name,
                "it exists as the other kind; a stream's kind never changes",
            )
        return created

    def _get_or_create(
        self, stream_name: str, kind: Stream.Kind | None = None
    ) -> tuple[Stream, bool]:
        """Return a stream; a new one is of the configured kind unless one is given."""
        stream = self._streams.filter(name=stream_name).first()
        if stream is not None:
            return stream, False
        if kind is None:
            kind = Stream.Kind(int(self.stream_settings(stream_name).concurrent))
        return self._streams.get_or_create(
            name=stream_name,
            defaults={"category": arguments.category_of(stream_name), "kind": kind},
        )
