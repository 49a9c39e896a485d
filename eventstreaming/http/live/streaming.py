"""The body of a live answer: what was, then what comes; or only what was."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from asgiref.sync import sync_to_async

from eventstreaming import clock
from eventstreaming.exceptions import EventsTruncated
from eventstreaming.http.live.connections import close_connections
from eventstreaming.http.live.frames import (
    KEEP_ALIVE,
    StoredEventFrame,
    notice_frame,
    retry_frame,
)
from eventstreaming.http.live.hubs import Listener, hubs
from eventstreaming.http.live.sources import Source
from eventstreaming.types import StoredEvent

RETRY_SECONDS = 2.0
PAGE = 500
ALL_OF_A_REQUEST = 1_000  # events of an answer that cannot stay open
ASK_AGAIN_SECONDS = 15.0  # whether the client may still see this

MayGoOn = Callable[[], bool]


class LiveAnswer:
    """The frames of one source from a place on, for one client."""

    def __init__(
        self, source: Source, first: int | None, *, payload: bool, may_go_on: MayGoOn
    ) -> None:
        self._source = source
        self._first = first
        self._payload = payload
        self._may_go_on = may_go_on

    def frames_of_now(self) -> Iterator[bytes]:
        """Yield what is there, up to a bound; the client comes again for more."""
        yield retry_frame(RETRY_SECONDS)
        end = self._source.followed.end()
        first = end + 1 if self._first is None else self._first
        try:
            events = self._source.past(first, end, ALL_OF_A_REQUEST)
        except EventsTruncated as error:
            yield _truncated(error)
            events = self._source.past(error.first_offset, end, ALL_OF_A_REQUEST)
        yield self._encoded(events)

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield what was and what comes, until the client or its right has gone."""
        yield retry_frame(RETRY_SECONDS)
        followed = self._source.followed
        hub = hubs.hub_of(followed)
        listener = await hub.join()
        try:
            first = listener.after + 1 if self._first is None else self._first
            async for chunk in self._past(first, listener.after):
                yield chunk
            await sync_to_async(close_connections)()
            async for chunk in self._coming(listener, first):
                yield chunk
        finally:
            hubs.leave(followed, hub, listener)

    async def _past(self, first: int, last: int) -> AsyncIterator[bytes]:
        while first <= last:
            try:
                events = await sync_to_async(self._source.past)(first, last, PAGE)
            except EventsTruncated as error:
                yield _truncated(error)
                first = error.first_offset
                continue
            yield self._encoded(events)
            if len(events) < PAGE:
                return
            first = self._source.place(events[-1]) + 1

    async def _coming(self, listener: Listener, first: int) -> AsyncIterator[bytes]:
        asked_at = clock.monotonic()
        while True:
            if clock.monotonic() - asked_at >= ASK_AGAIN_SECONDS:
                if not await sync_to_async(self._asked_again)():
                    yield notice_frame("closed", {"reason": "no permission"})
                    return
                asked_at = clock.monotonic()
            try:
                heard = await listener.heard(ASK_AGAIN_SECONDS)
            except TimeoutError:
                yield KEEP_ALIVE
                continue
            frames = [frame for frame in heard if frame is not None]
            chunk = b"".join(
                frame.encoded(payload=self._payload)
                for frame in frames
                if frame.place >= first and self._source.has(frame.event)
            )
            if chunk:
                yield chunk
            if len(frames) < len(heard):
                return

    def _asked_again(self) -> bool:
        try:
            return self._may_go_on()
        finally:
            close_connections()

    def _encoded(self, events: Iterable[StoredEvent]) -> bytes:
        return b"".join(
            StoredEventFrame(event, self._source.place(event)).encoded(
                payload=self._payload
            )
            for event in events
        )


def _truncated(error: EventsTruncated) -> bytes:
    return notice_frame("truncated", {"first_offset": error.first_offset})
