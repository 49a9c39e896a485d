"""Appends that are collected in a block and written last, just before it commits."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec

from eventstreaming.events.envelopes import PreparedAppend, prepared_append
from eventstreaming.events.observing import sending
from eventstreaming.exceptions import DeferredAppendsEnded
from eventstreaming.types import ANY_VERSION, JSON, ExpectedVersion

if TYPE_CHECKING:
    from eventstreaming.backends.base_streams import BaseStreams

_open: ContextVar[dict[str, "DeferredAppends"]] = ContextVar(
    "eventstreaming_deferred_appends"
)


class DeferredAppends:
    """What `deferred_appends()` gives to its block."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self.collected: list[PreparedAppend] = []
        self._has_ended = False

    def append(
        self,
        stream_name: str,
        events: Iterable[object] | object,
        *,
        expected_version: ExpectedVersion = ANY_VERSION,
        key: str | None = None,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> None:
        """
        Check events as `append()` does, and write them at the end of the block.

        There is nothing to return yet: offsets and positions are given out when
        the events are written. Raise DeferredAppendsEnded after the block.
        """
        if self._has_ended:
            raise DeferredAppendsEnded(stream_name)
        with sending("append", stream_name, self._alias) as sent:
            append = prepared_append(
                stream_name,
                events,
                expected_version=expected_version,
                key=key,
                metadata=sent.with_carried(metadata),
                correlation_id=correlation_id,
                causation_id=causation_id,
            )
            sent.wrote(len(append.new))
        self.collected.append(append)

    @contextmanager
    def taking_part(self) -> Iterator["DeferredAppends | None"]:
        """Be the innermost block of this context; yield the one around it."""
        around = _open.get({})
        _open.set({**around, self._alias: self})
        try:
            yield around.get(self._alias)
        finally:
            self._has_ended = True
            _open.set(around)

    @contextmanager
    def writing(
        self, store: "BaseStreams", outer: "DeferredAppends | None"
    ) -> Iterator[None]:
        """Open the block's transaction; write in it, or hand on, what it collects."""
        with store.own_block():
            yield
            if outer is None:
                store.write_in_order(_merged(self.collected))
        if outer is not None:
            outer.collected += self.collected


def _merged(appends: Iterable[PreparedAppend]) -> list[PreparedAppend]:
    """
    Return appends in name order, neighbours in one stream as one.

    Where the second one expects nothing, it makes no difference but that of a
    statement, for whose time the stream is locked.
    """
    merged: list[PreparedAppend] = []
    for append in sorted(appends, key=lambda item: item.stream_name):
        last = merged[-1] if merged else None
        if (
            last is None
            or last.stream_name != append.stream_name
            or append.expected is not ANY_VERSION
            or not (last.new and append.new)
            or _story(last) != _story(append)
        ):
            merged.append(append)
        else:
            merged[-1] = msgspec.structs.replace(last, new=last.new + append.new)
    return merged


def _story(append: PreparedAppend) -> tuple[str | None, str | None]:
    return append.new[0].correlation_id, append.new[0].causation_id
