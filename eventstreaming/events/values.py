"""
JSON values: what may be stored, and the form in which it comes back.

PostgreSQL's jsonb changes some values: keys are ordered by length, minus zero
becomes zero, and a float that is written with an exponent becomes a whole
number when it is one. `canonical()` does the same, so every store gives back
the same value. Data of messages is kept to the letter: `checked()`.
"""

import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from eventstreaming.events.arguments import excerpt, excerpt_number, plain
from eventstreaming.events.limits import limits
from eventstreaming.events.moments import moment_text
from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue
from eventstreaming.types import JSON

_encoder = msgspec.json.Encoder()
encode = _encoder.encode  # a checked value, however long
_decoder = msgspec.json.Decoder()
_BASES = (str, int, float, dict, list, tuple, datetime, Decimal)
_EXPONENT_FROM = 1e16  # from here on a float is written with an exponent
_SAFE = 2**62  # whole numbers below need no closer look


def canonical(value: JSON, field: str) -> JSON:
    """Return `value` as jsonb would keep it; raise for what cannot be kept."""
    return _Walk(field, canonical=True).visit(value)


def checked(value: JSON, field: str) -> JSON:
    """Return `value` in JSON types, otherwise unchanged; raise as canonical()."""
    return _Walk(field, canonical=False).visit(value)


def to_json(value: JSON, field: str, maximum: int) -> bytes:
    """Encode a checked value; raise when it is longer than `maximum` bytes."""
    encoded = encode(value)
    if len(encoded) > maximum:
        raise InvalidValue(
            field,
            f"has {len(encoded)} bytes as JSON; the limit is {maximum}",
            limit=maximum,
        )
    return encoded


def all_to_json(checked: Sequence[JSON], field: str, maximum: int) -> list[bytes]:
    """Encode many checked values, each as to_json() does; `field` is of them all."""
    encoded = _encoder.encode_lines(checked).split(b"\n")[:-1]
    if max(map(len, encoded)) > maximum:
        for index, value in enumerate(checked):
            to_json(value, f"{field}[{index}].data", maximum)
    return encoded


def from_json(text: str) -> JSON:
    """
    Decode what a store has kept, whoever wrote it.

    A number that msgspec refuses, of thousands of digits say, was not written by
    a store; it must not stop the reader of all other rows.
    """
    try:
        return _decoder.decode(text)
    except msgspec.MsgspecError:
        return json.loads(text, parse_int=lambda digits: int(Decimal(digits)))


class _Problem(Exception):
    """What is wrong with a value; the way to it is added while unwinding."""

    def __init__(
        self, error: type[InvalidArgument], text: str, limit: object = None
    ) -> None:
        self.error, self.text, self.limit = error, text, limit
        self.path: list[str] = []


class _Walk:
    def __init__(self, field: str, *, canonical: bool) -> None:
        self.field = field
        self.canonical = canonical
        self.max_depth = limits().depth

    def visit(self, value: JSON) -> JSON:
        try:
            return self._visit(value, 1)
        except _Problem as problem:
            path = "".join(reversed(problem.path))
            if len(path) > 80:
                path = f"{path[:38]}...{path[-39:]}"
            raise problem.error(
                self.field + path, problem.text, limit=problem.limit
            ) from None

    def _visit(self, value: JSON, depth: int) -> JSON:
        kind = type(value)
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(value)
        if kind is float:
            return self._float(value)
        if kind is dict:
            return self._object(value, depth)
        if kind is list or kind is tuple:
            return self._array(value, depth)
        for base in _BASES:
            if isinstance(value, base):
                return self._visit(_plain(value, base), depth)
        raise _Problem(InvalidType, f"a {kind.__name__} cannot be stored as JSON")

    def _float(self, value: float) -> float | int:
        if not math.isfinite(value):
            raise _Problem(InvalidValue, f"{value} is not a JSON number")
        if not self.canonical:
            return value
        if value == 0.0:
            return 0.0
        if abs(value) >= _EXPONENT_FROM:
            return int(Decimal(repr(value)))
        return value

    def _object(self, value: Mapping[str, JSON], depth: int) -> dict[str, JSON]:
        self._check_depth(depth)
        result = {}
        for key in self._keys(value):
            item = value[key]
            try:
                if type(key) is not str or not key.isascii() or "\x00" in key:
                    key = _key(key)
                # Most values are short texts and numbers: a call costs more than
                # the look at them.
                kind = type(item)
                if (kind is str and item.isascii() and "\x00" not in item) or (
                    kind is int and -_SAFE < item < _SAFE
                ):
                    result[key] = item
                elif (leaf := _LEAVES.get(kind)) is not None:
                    result[key] = leaf(item)
                else:
                    result[key] = self._visit(item, depth + 1)
            except _Problem as problem:
                problem.path.append(f"[{excerpt(key)}]")
                raise
        return result

    def _keys(self, value: Mapping[str, JSON]) -> Iterable[str]:
        """Return the keys in the order in which they are kept."""
        if not self.canonical:
            return value
        try:
            return _jsonb_order(tuple(value))
        except (TypeError, UnicodeEncodeError):
            return value  # one of them is to be refused, by its name

    def _array(self, value: list[JSON], depth: int) -> list[JSON]:
        self._check_depth(depth)
        result = []
        for item in value:
            if type(item) is str and item.isascii() and "\x00" not in item:
                result.append(item)
                continue
            try:
                result.append(self._visit(item, depth + 1))
            except _Problem as problem:
                problem.path.append(f"[{len(result)}]")
                raise
        return result

    def _check_depth(self, depth: int) -> None:
        if depth > self.max_depth:
            raise _Problem(
                InvalidValue,
                f"is nested deeper than {self.max_depth} levels",
                self.max_depth,
            )


@lru_cache(maxsize=4096)  # events of a type have the same keys
def _jsonb_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return keys in jsonb's order, or raise if one is to be refused.

    What is raised is not cached: True is equal to 1, but is not called that.
    """
    encoded = [(len(raw := str.encode(key)), raw, key) for key in keys]
    return tuple(key for _, _, key in sorted(encoded))


def _key(value: object) -> str:
    if not isinstance(value, str):
        raise _Problem(InvalidType, f"keys must be str, not {type(value).__name__}")
    return _text(plain(value))


def _text(value: str) -> str:
    if "\x00" in value:
        raise _Problem(InvalidValue, "holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Problem(InvalidValue, "holds a lone surrogate") from None
    return value


def _whole(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise _Problem(
            InvalidValue, f"{excerpt_number(value)} does not fit 64 bits", 2**63 - 1
        )
    return value


def _moment(value: datetime) -> str:
    if value.tzinfo is UTC:
        return moment_text(value)
    offset = value.utcoffset()
    if offset is None:
        raise _Problem(InvalidValue, "is a datetime without a time zone")
    if offset.seconds % 60:  # ISO 8601 has no seconds in an offset
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise _Problem(InvalidValue, "is out of range in UTC") from None
    return moment_text(value)


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise _Problem(InvalidValue, f"{value} is not a JSON number")
    return str(value)


def _bytes(value: bytes) -> str:
    return b64encode(value).decode()


def _itself(value: JSON) -> JSON:
    return value


# What holds no other values, by its very class.
_LEAVES: dict[type, Callable[[Any], JSON]] = {
    str: _text,
    int: _whole,
    bool: _itself,
    type(None): _itself,
    bytes: _bytes,
    datetime: _moment,
    Decimal: _decimal,
}


def _plain(value: JSON, base: type) -> JSON:
    """Return a value of a subclass as the class itself: a safe string, say."""
    if base is str:
        return plain(value)
    if base is datetime:
        return datetime.combine(value.date(), value.time(), value.tzinfo)
    return base(value)
