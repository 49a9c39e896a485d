"""
Many plain records of one class: their fields are checked column by column.

A look at all values of a field costs little more than one at a single value. What
comes out is what `plain_record()` makes of each; where it would make nothing of one,
nothing comes out, and each is to be looked at by itself.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from eventstreaming.events.plain_records import NOT_PLAIN, SAFE, Convert, plan_of
from eventstreaming.types import JSON

Column = Sequence[Any]


def plain_records(
    records: Sequence[object], *, canonical: bool
) -> list[dict[str, JSON]] | None:
    """
    Return the JSON values of records of one class, or None. See plain_record().

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
    names = [name for name, _, _ in plan.fields]
    return [dict(zip(names, row, strict=True)) for row in zip(*converted, strict=True)]


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
    return list(map(datetime.isoformat, column))


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
