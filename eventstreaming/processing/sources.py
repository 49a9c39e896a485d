"""What a subscription reads: a stream, a category, or the whole store."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.reading import BucketRange
from eventstreaming.backends.waking.topics import (
    ALL_STREAMS,
    category_topic,
    stream_topic,
)
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidValue
from eventstreaming.types import StoredEvent


class SourceKind(Enum):
    STREAM = "stream"
    CATEGORY = "category"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Source:
    """
    A parsed source: `orders` is a stream, `order-*` a category, `*` all.

    A place is an offset in a stream and a position elsewhere.
    """

    kind: SourceKind
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form that `@subscription` takes."""
        if text == "*":
            return cls(SourceKind.ALL, "")
        if isinstance(text, str) and text.endswith("-*"):
            return cls(SourceKind.CATEGORY, arguments.category(text[:-2]))
        if isinstance(text, str) and "*" in text:
            raise InvalidValue(
                "source",
                f"{arguments.excerpt(text)} is refused: use a stream name, a category "
                "('order-*'), or '*' for the whole store",
            )
        return cls(SourceKind.STREAM, arguments.stream_name(text, "source"))

    @classmethod
    def stored(cls, text: str) -> Self:
        """Read what a row says, a name too that parse() refuses: it is there."""
        if text == "*":
            return cls(SourceKind.ALL, "")
        if text.endswith("-*"):
            return cls(SourceKind.CATEGORY, text[:-2])
        return cls(SourceKind.STREAM, text)

    @property
    def is_stream(self) -> bool:
        """Say whether places are offsets."""
        return self.kind is SourceKind.STREAM

    @property
    def topic(self) -> str:
        """Return what is announced when there is something new."""
        if self.is_stream:
            return stream_topic(self.name)
        is_category = self.kind is SourceKind.CATEGORY
        return category_topic(self.name) if is_category else ALL_STREAMS

    @property
    def before_first(self) -> int:
        """Return the place before that of the first event."""
        return -1 if self.is_stream else 0

    def place(self, event: StoredEvent) -> int:
        """Return where an event lies in this source."""
        return event.offset if self.is_stream else event.position

    def end(self, store: BaseEventStore) -> int:
        """Return the place up to which nothing can appear any more."""
        return store.end_of_stream(self.name) if self.is_stream else store.fence()

    def next_events(
        self,
        store: BaseEventStore,
        after: int | None,
        limit: int,
        event_types: list[str] | None,
        *,
        buckets: BucketRange | None = None,
        until: int | None = None,
    ) -> tuple[Sequence[StoredEvent], int]:
        """
        Return what comes after a place, and the last place that was looked at.

        `after` None is before the first event, and `until` the last place that is
        wanted. With fewer events than `limit`, a checkpoint may move up to the last
        place that was looked at.
        """
        if after is None:
            after = self.before_first
        if self.is_stream:
            return store.next_in_stream(
                self.name, after, limit, event_types, buckets=buckets, until=until
            )
        category = self.name if self.kind is SourceKind.CATEGORY else None
        return store.next_events(
            category, after, limit, event_types, buckets=buckets, until=until
        )
