"""Persistent streams in PostgreSQL: creating one, and what is known of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.exceptions import StreamDeleted, StreamKindConflict
from eventstreaming.types import StreamInfo

_CONCURRENT, _DELETED = 1, 1


class StreamOperations(RelationalStore):
    """What creates persistent streams, and what is known about one."""

    supports_concurrent_streams = True

    def stream_info(self, stream_name: str) -> StreamInfo:
        """See services.stream_info()."""
        (info,) = self.stream_infos([arguments.stream_name(stream_name)])
        return info

    def stream_infos(self, stream_names: Sequence[str]) -> list[StreamInfo]:
        """See BaseStreams.stream_infos(). One statement for all of them."""
        names = list(stream_names)
        rows = self._execute("stream_info", {"names": names}) if names else []
        found = {name: self._info(name, *head) for name, *head in rows}
        missing = StreamInfo("", False, False, 0, -1, 0, None, None)
        return [found.get(n) or replace(missing, stream_name=n) for n in names]

    def _info(
        self,
        name: str,
        state: int,
        kind: int,
        first: int,
        following: int,
        *times: datetime | None,
    ) -> StreamInfo:
        if state == _DELETED:
            return StreamInfo(name, False, False, 0, -1, 0, None, None, deleted=True)
        concurrent = kind == _CONCURRENT
        return StreamInfo(
            stream_name=name,
            exists=True,
            concurrent=concurrent,
            first_offset=first,
            last_offset=following - 1,
            length=None if concurrent else following - first,
            first_timestamp=times[0] and self._moment(times[0]),
            last_timestamp=times[1] and self._moment(times[1]),
        )

    def create_stream(
        self, stream_name: str, *, concurrent: bool | None = None
    ) -> bool:
        """See services.create_stream()."""
        stream_name = arguments.stream_name(stream_name)
        kind = None
        if concurrent is not None:
            kind = int(arguments.flag(concurrent, "concurrent"))
        created = self._execute(
            "create_stream",
            {
                "stream_name": stream_name,
                "category": arguments.category_of(stream_name),
                "kind": kind,
            },
        )
        if created:
            return True
        ((actual, state),) = self._execute("stream_kind", {"stream_name": stream_name})
        if state == _DELETED:
            raise StreamDeleted(stream_name)
        if kind is not None and actual != kind:
            raise StreamKindConflict(
                stream_name,
                "it exists as the other kind; a stream's kind never changes",
            )
        return False
