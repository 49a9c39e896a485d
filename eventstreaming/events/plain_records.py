"""
Records whose fields are plain values: checked and made JSON in one walk.

Most events are such dataclasses. Each of their values is of the very class that
the annotation names, so it can be read back, and nothing in it is to be refused:
the codec and `values` would come to the same result on a longer way. They take
over for all the rest, and say what is wrong with it.
"""

from collections.abc import Callable
from dataclasses import InitVar, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from keyword import iskeyword
from operator import attrgetter
from types import NoneType, UnionType
from typing import (
    Any,
    Final,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from unicodedata import normalize
from uuid import UUID

import msgspec

from eventstreaming.events.moments import moment_text
from eventstreaming.types import JSON

NOT_PLAIN: Final = object()
SAFE = 2**62  # what is greater is left to `values`

Convert = Callable[[Any], JSON]


Field = tuple[str, Any, Convert]  # name, annotation, what converts


class Plan(NamedTuple):
    """How the records of a class become JSON: their fields in the order of the keys."""

    dump: Callable[[object], dict[str, JSON] | None]  # None where one is not plain
    values_of: Callable[[object], tuple[Any, ...]]
    fields: tuple[Field, ...]
    row: Callable[..., Any]  # makes an object of values that is encoded as a dict is


def plain_record(record: object, *, canonical: bool) -> dict[str, JSON] | None:
    """
    Return the JSON value of a record, or None where another is to make it.

    `canonical` puts the keys in jsonb's order; else they stay in that of the class.
    """
    cls: type = type(record)
    plan = plan_of(cls, canonical)
    return None if plan is None else plan.dump(record)


@lru_cache(maxsize=1024)
def plan_of(cls: type, canonical: bool) -> Plan | None:
    if not is_dataclass(cls) or hasattr(cls, "__post_init__"):
        return None
    declared = fields(cls)
    if not all(field.init for field in declared):
        return None
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:  # an annotation may be anything
        return None
    if any(isinstance(hint, InitVar) for hint in hints.values()):
        return None
    names = [field.name for field in declared]
    if not all(map(_is_plain_name, names)):
        return None
    if canonical:
        names.sort(key=lambda name: (len(name.encode()), name.encode()))
    plan = []
    for name in names:
        convert = _convert_of(hints[name])
        if convert is None:
            return None
        plan.append((name, hints[name], convert))
    row = msgspec.defstruct(cls.__name__, [(name, Any) for name in names], gc=False)
    return Plan(_dump_of(plan), _values_of(names), tuple(plan), row)


def _dump_of(plan: list[Field]) -> Callable[[object], dict[str, JSON] | None]:
    """
    Return what checks and converts the fields of a record, one after the other.

    Written out for the class, as dataclasses write their __init__(): a loop over its
    fields takes three times as long. A field's name is an identifier.
    """
    known: dict[str, Any] = dict(_KNOWN)
    lines = ["def dump(record):", " try:", "  pass"]
    for number, (name, annotation, convert) in enumerate(plan):
        known[f"convert{number}"] = convert
        converted = f"convert{number}(v)"
        if annotation in _IN_LINE:
            value, condition = _IN_LINE[annotation]
            converted = f"{value} if {condition} else {converted}"
        lines += [
            f"  v = record.{name}",
            f"  v{number} = {converted}",
            f"  if v{number} is NOT_PLAIN: return None",
        ]
    items = (f"{name!r}: v{number}" for number, (name, _, _) in enumerate(plan))
    lines += [f"  return {{{', '.join(items)}}}"]
    lines += [" except AttributeError: return None"]  # one that was never set
    exec("\n".join(lines), known)  # noqa: S102 - of names that are identifiers
    dump: Callable[[object], dict[str, JSON] | None] = known["dump"]
    return dump


def _is_plain_name(name: str) -> bool:
    """Say whether the source of a function reads a name as it is written."""
    is_name = name.isidentifier() and not iskeyword(name)
    return is_name and normalize("NFKC", name) == name


def _values_of(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
    """Return what gets the values of some attributes as a tuple, however few."""
    get = attrgetter(*names) if names else lambda record: ()
    return get if len(names) != 1 else lambda record: (get(record),)


def _convert_of(hint: Any) -> Convert | None:
    """Return what converts the values of an annotation; None if nothing here does."""
    if hint in _CONVERTS:
        return _CONVERTS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list and arguments[0] is str:
        return _texts
    if origin is list and arguments[0] in _CONVERTS:
        return partial(_items, _CONVERTS[arguments[0]])
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        (other,) = (argument for argument in arguments if argument is not NoneType)
        if other in _CONVERTS:
            return partial(_optional, _CONVERTS[other])
    return None


def _text(value: Any) -> JSON:
    if type(value) is not str or "\x00" in value:
        return NOT_PLAIN
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return NOT_PLAIN
    return value


def _whole(value: Any) -> JSON:
    return value if type(value) is int and -SAFE < value < SAFE else NOT_PLAIN


def _flag(value: Any) -> JSON:
    return value if type(value) is bool else NOT_PLAIN


def _number(value: Any) -> JSON:
    if type(value) is float and 1e-4 <= abs(value) < 1e16:
        return value  # written without an exponent, and no zero with a sign
    return NOT_PLAIN


def _decimal(value: Any) -> JSON:
    return str(value) if type(value) is Decimal and value.is_finite() else NOT_PLAIN


def _moment(value: Any) -> JSON:
    if type(value) is not datetime:
        return NOT_PLAIN
    if value.tzinfo is not UTC:
        offset = value.utcoffset()
        if offset is None or offset.seconds % 60:
            return NOT_PLAIN
    return moment_text(value)


def _identifier(value: Any) -> JSON:
    return str(value) if type(value) is UUID else NOT_PLAIN


def _texts(value: Any) -> JSON:
    if type(value) is not list or set(map(type, value)) - {str}:
        return NOT_PLAIN
    joined = "".join(value)
    if (joined.isascii() and "\x00" not in joined) or _text(joined) is joined:
        return list(value)
    return NOT_PLAIN


def _items(convert: Convert, value: Any) -> JSON:
    if type(value) is not list:
        return NOT_PLAIN
    items = [convert(item) for item in value]
    return NOT_PLAIN if any(item is NOT_PLAIN for item in items) else items


def _optional(convert: Convert, value: Any) -> JSON:
    return None if value is None else convert(value)


_CONVERTS: dict[Any, Convert] = {
    str: _text,
    int: _whole,
    bool: _flag,
    float: _number,
    Decimal: _decimal,
    datetime: _moment,
    UUID: _identifier,
}

# What most values are, and what becomes of them: a call costs more than the look.
_IN_LINE = {
    str: ("v", "type(v) is str and v.isascii() and '\\x00' not in v"),
    int: ("v", "type(v) is int and -SAFE < v < SAFE"),
    Decimal: ("str(v)", "type(v) is Decimal and v.is_finite()"),
    datetime: (  # as moment_text() has it
        "encode(v)[1:-2].decode() + '+00:00'",
        "type(v) is datetime and v.tzinfo is UTC",
    ),
    list[str]: (
        "[*v]",
        "type(v) is list and {*map(type, v)} <= ONLY_STR"
        " and (joined := ''.join(v)).isascii() and '\\x00' not in joined",
    ),
}
_KNOWN = {
    "NOT_PLAIN": NOT_PLAIN,
    "SAFE": SAFE,
    "UTC": UTC,
    "Decimal": Decimal,
    "datetime": datetime,
    "encode": msgspec.json.Encoder().encode,
    "ONLY_STR": {str},
}
