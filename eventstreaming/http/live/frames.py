"""
Frames of server-sent events (WHATWG HTML, section 9.2).

A line ends with CR, LF or both, so none of them may come from outside: the id is
a number, the event a word of ours, and JSON has its line ends escaped.
"""

import msgspec

from eventstreaming.http.documents import event_document
from eventstreaming.types import StoredEvent

KEEP_ALIVE = b": still here\n\n"
MEDIA_TYPE = "text/event-stream"


class StoredEventFrame:
    """
    An event whose id is its place: a client resumes behind it.

    It is made once for all who watch: with the payload, and without.
    """

    __slots__ = ("_frames", "event", "place")

    def __init__(self, event: StoredEvent, place: int) -> None:
        self.event = event
        self.place = place
        self._frames: dict[bool, bytes] = {}

    def encoded(self, *, payload: bool) -> bytes:
        """Return the bytes of the frame."""
        frame = self._frames.get(payload)
        if frame is None:
            document = msgspec.json.encode(event_document(self.event, payload=payload))
            frame = self._frames[payload] = b"id: %d\ndata: %b\n\n" % (
                self.place,
                document,
            )
        return frame


def notice_frame(word: str, document: object) -> bytes:
    """Return a notice of ours; it has no id, so the client's place stays."""
    return b"event: %b\ndata: %b\n\n" % (word.encode(), msgspec.json.encode(document))


def retry_frame(seconds: float) -> bytes:
    """Tell the client how long to wait before it connects again."""
    return b"retry: %d\n\n" % round(seconds * 1000)
