"""A page of events that were fetched as rows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, overload

from eventstreaming.types import StoredEvent

Row: TypeAlias = tuple[Any, ...]


class EventsOfRows(Sequence[StoredEvent]):
    """
    The events of some rows; each is made when it is asked for.

    So a loop holds the values of one event at a time. Were all made first, the
    garbage collector would look at thousands of dicts and lists again and again,
    which takes a third of the time of a long read. One that is asked for twice is
    made twice.
    """

    __slots__ = ("_make", "_rows")

    def __init__(self, make: Callable[[Row], StoredEvent], rows: list[Row]) -> None:
        self._make = make
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[StoredEvent]:
        return map(self._make, self._rows)

    @overload
    def __getitem__(self, index: int) -> StoredEvent: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[StoredEvent]: ...
    def __getitem__(self, index: int | slice) -> StoredEvent | Sequence[StoredEvent]:
        if isinstance(index, slice):
            return EventsOfRows(self._make, self._rows[index])
        return self._make(self._rows[index])
