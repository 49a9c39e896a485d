"""
Many plain records of one class: their fields are checked column by column.

A look at all values of a field costs little more than one at a single value. What
comes out says what `plain_record()` makes of each; where it would make nothing of one,
nothing comes out, and each is to be looked at by itself.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from eventstreaming.events.moments import moment_texts
from eventstreaming.events.plain_records import (
    NOT_PLAIN,
    SAFE,
    Convert,
    Plan,
    plan_of,
)
from eventstreaming.types import JSON

Column = Sequence[Any]


class PlainBatch(NamedTuple):
    """Checked records of one class, field by field."""

    plan: Plan
    columns: list[Column]

    def values(self) -> list[dict[str, JSON]]:
        """Return the JSON value of each."""
        names = [name for name, _, _ in self.plan.fields]
        rows = zip(*self.columns, strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def rows(self) -> list[Any]:
        """Return what is encoded as the values are, in less time."""
        return list(map(self.plan.row, *self.columns))


def plain_batch(records: Sequence[object], *, canonical: bool) -> PlainBatch | None:
    """
    Check records of one class; None where each is for plain_record() to look at.

    None, too, for a single record and for one without fields: nothing is saved.
    """
    if len(records) < 2 or len(set(map(type, records))) > 1:
        return None
    cls: type = type(records[0])
    plan = plan_of(cls, canonical)
    if plan is None or not plan.fields:
        return None
    try:
        columns = list(zip(*map(plan.values_of, records), strict=True))
    except AttributeError:
        return None
    converted = []
    for (_, annotation, convert), column in zip(plan.fields, columns, strict=True):
        values = _converted(annotation, convert, column)
        if values is None:
            return None
        converted.append(values)
    return PlainBatch(plan, converted)


def _converted(annotation: Any, convert: Convert, column: Column) -> Column | None:
    shorter = _OF_COLUMNS.get(annotation)
    if shorter is not None:
        return shorter(column)
    values = [convert(value) for value in column]
    return None if any(value is NOT_PLAIN for value in values) else values


def _texts(column: Column) -> Column | None:
    if not _all_are(str, column):
        return None
    joined = "".join(column)
    if "\x00" in joined:
        return None
    if not joined.isascii():
        try:
            joined.encode()
        except UnicodeEncodeError:
            return None
    return column


def _whole(column: Column) -> Column | None:
    if _all_are(int, column) and min(column) > -SAFE and max(column) < SAFE:
        return column
    return None


def _decimals(column: Column) -> Column | None:
    if _all_are(Decimal, column) and all(map(Decimal.is_finite, column)):
        return list(map(str, column))
    return None


def _moments(column: Column) -> Column | None:
    if not _all_are(datetime, column):
        return None
    for value in column:
        if value.tzinfo is not UTC:
            offset = value.utcoffset()
            if offset is None or offset.seconds % 60:
                return None
    return moment_texts(column)


def _lists_of_texts(column: Column) -> Column | None:
    if _all_are(list, column) and _texts(list(chain.from_iterable(column))) is not None:
        return list(map(list, column))
    return None


def _all_are(cls: type, column: Column) -> bool:
    return set(map(type, column)) <= {cls}


_OF_COLUMNS: dict[Any, Callable[[Column], Column | None]] = {
    str: _texts,
    int: _whole,
    Decimal: _decimals,
    datetime: _moments,
    list[str]: _lists_of_texts,
}
