"""Values that are refused, by what they are given for, and the limit they break."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy

from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue
from eventstreaming.testing.contract import inputs

NO_MATTER = object()  # the limit is not looked at
BIG = 2**63 - 1


class Bad(NamedTuple):
    """A value, the error that it gets, and the limit that the error names."""

    value: Any
    error: type[InvalidArgument]
    limit: object = NO_MATTER


class Colour(Enum):
    RED = object()


def endless(kind: type[list[Any]] | type[dict[str, Any]]) -> Any:
    """Return a collection that holds itself."""
    if kind is list:
        items: list[Any] = []
        items.append(items)
        return items
    mapping: dict[str, Any] = {}
    mapping["itself"] = mapping
    return mapping


def generated() -> Iterator[int]:
    yield 1


async def awaited() -> int:
    return 1


class Unprintable:
    """An object that nobody can put into a message."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


# A class whose name alone would fill a page of the log.
LongName = type("L" * 10_000, (), {})

NOT_TEXT = [
    Bad(value, InvalidType)
    for value in (
        7,
        True,
        1.5,
        b"bytes",
        bytearray(b"bytes"),
        ["list"],
        {"a": 1},
        object(),
        int,
        gettext_lazy("lazy"),
        F("name"),
        Colour.RED,
        LongName(),
        Unprintable(),
    )
]

NAMES = [
    *NOT_TEXT,
    Bad(None, InvalidType),
    Bad("", InvalidValue, 255),
    Bad("a" * 256, InvalidValue, 255),
    Bad("x" * 1_000_000, InvalidValue, 255),
    *(
        Bad(text, InvalidValue)
        for text in (
            " ",
            "two words",
            " leading",
            "trailing ",
            ".",
            "..",
            ".hidden",
            "../../etc/passwd",
            "back\\slash",
            "$all",
            "-1",
            "tab\t",
            "line\n",
            "\r\n",
            "nul\x00",
            "bell\x07",
            "\x1b[31mred",
            "del\x7f",
            "\ud800",
            "\ufeffbom",
            "zero\u200bwidth",
            "\u202eright-to-left",
            "line\u2028separator",
            "cafe\u0301",
            "caf\u00e9",
            "p\u0430ypal",
            "naïve",
            "٣",
            "☃",
            "😀",
            "a;b",
            "'; DROP TABLE eventstreaming_event; --",
            "<script>alert(1)</script>",
            "{{7*7}}",
            "%s",
            "=cmd()",
            "a*",
            "a?b",
            'quo"te',
            "a,b",
        )
    ),
]

# As `data["v"]`; the error's field goes on with the path below it.
DATA: list[tuple[str, Bad]] = [
    *((path, Bad(value, error)) for path, value, error in inputs.VALUES if path),
    *(
        ("['v']", Bad(value, InvalidValue))
        for value in (
            float("-inf"),
            Decimal("NaN"),
            Decimal("sNaN"),
            Decimal("Infinity"),
            "before\x00after",
            "\udfff",
            "\ud83d",
            datetime(9999, 12, 31),  # noqa: DTZ001 - naive
        )
    ),
    ("['v']", Bad(2**64, InvalidValue, BIG)),
    ("['v']", Bad(-(10**4300), InvalidValue, BIG)),
    ("['v'][1]['deep']", Bad([0, {"deep": 2**63}], InvalidValue, BIG)),
    ("['v'][True]", Bad({True: 1}, InvalidType)),
    ("['v'][1.5]", Bad({1.5: 1}, InvalidType)),
    ("['v'][('a',)]", Bad({("a",): 1}, InvalidType)),
    ("['v']['k']['\\ud800']", Bad({"k": {"\ud800": 1}}, InvalidValue)),
]

# Also as `data["v"]`, but the error's field is the whole.
WHOLE_DATA = [
    *(
        Bad(value, InvalidType)
        for value in (
            object(),
            int,
            1j,
            range(3),
            generated(),
            re.compile("a"),
            ValueError("error"),
            F("name"),
            print,
            LongName(),
            {Unprintable(): 1},
            Unprintable(),
        )
    ),
    Bad("x" * 256 * 1024, InvalidValue, 256 * 1024),
    Bad("é" * 130 * 1024, InvalidValue, 256 * 1024),
    Bad(["x" * 100] * 3_000, InvalidValue, 256 * 1024),
    Bad({str(n): n for n in range(40_000)}, InvalidValue, 256 * 1024),
]

TEXTS = [
    *NOT_TEXT,
    Bad("", InvalidValue, 255),
    Bad("x" * 256, InvalidValue, 255),
    Bad("secret" * 100_000, InvalidValue, 255),
    Bad("\x00", InvalidValue),
    Bad("in the\x00middle", InvalidValue),
    Bad("\ud800", InvalidValue),
]

NOT_WHOLE = [
    Bad(value, InvalidType)
    for value in (
        True,
        False,
        "0",
        "1",
        1.0,
        1.5,
        Decimal(1),
        1j,
        b"1",
        [1],
        LongName(),
    )
]

VERSIONS = [
    *NOT_WHOLE,
    Bad(None, InvalidType),
    Bad(-2, InvalidValue, -1),
    Bad(-(2**63), InvalidValue, -1),
    Bad(BIG, InvalidValue, BIG - 1),
    Bad(10**5000, InvalidValue, BIG - 1),
]

PLACES = [
    *NOT_WHOLE,
    Bad(-1, InvalidValue, 0),
    Bad(-(10**400), InvalidValue, 0),
    Bad(2**63, InvalidValue, BIG),
    Bad(10**5000, InvalidValue, BIG),
]

COUNTS = [
    *NOT_WHOLE,
    Bad(None, InvalidType),
    Bad(0, InvalidValue, 1),
    Bad(-1, InvalidValue, 1),
    Bad(10_001, InvalidValue, 10_000),
    Bad(10**9, InvalidValue, 10_000),
]

DURATIONS = [
    *(
        Bad(value, InvalidType)
        for value in (True, "1", "PT1S", b"1", [1], Decimal(1), 1j, object())
    ),
    Bad(-1, InvalidValue, 0),
    Bad(-0.001, InvalidValue, 0),
    Bad(float("nan"), InvalidValue),
    Bad(float("inf"), InvalidValue),
    Bad(float("-inf"), InvalidValue),
    Bad(10**12, InvalidValue),
    Bad(10**400, InvalidValue),
    Bad(timedelta(seconds=-1), InvalidValue, 0),
    Bad(timedelta.max, InvalidValue),
    Bad(timedelta.min, InvalidValue),
]

TIMEOUTS = [
    *DURATIONS[:8],
    Bad(0, InvalidValue, 0.001),
    Bad(-1, InvalidValue, 0.001),
    Bad(float("nan"), InvalidValue),
    Bad(8 * 86_400, InvalidValue, 7 * 86_400.0),
    Bad(timedelta.max, InvalidValue, 7 * 86_400.0),
]

PRIORITIES = [
    *NOT_WHOLE,
    Bad(None, InvalidType),
    Bad(32_768, InvalidValue, 32_767),
    Bad(-32_768, InvalidValue, -32_767),
]

FLAGS = [
    Bad(value, InvalidType) for value in (1, 0, None, "yes", "", [], 1.0, LongName())
]

IDS = [
    *NOT_TEXT,
    Bad(None, InvalidType),
    *(
        Bad(text, InvalidValue)
        for text in (
            "",
            "0",
            "01",
            "-1",
            "+1",
            "1.0",
            "1e3",
            " 1",
            "1 ",
            "0x10",
            "1_000",
            "٣",
            "²",
            "\x00",
            "x" * 1_000,
            "9" * 19,
            "9" * 100_000,
            "1' OR '1'='1",
        )
    ),
]

RECEIPTS = [
    *NOT_TEXT,
    *(
        Bad(text, InvalidValue)
        for text in (
            "",
            ":",
            "7",
            "7:",
            ":1",
            "7:1:1",
            "7:-1",
            "7:1.0",
            "7: 1",
            "7:٣",
            "07:1",
            "8:1",
            "7;1",
            "7:" + "9" * 5_000,
            "9" * 5_000 + ":1",
        )
    ),
]

OBJECTS = [
    Bad(value, InvalidType)
    for value in (
        "text",
        b"bytes",
        7,
        True,
        [],
        ["a"],
        [("a", 1)],
        object(),
        LongName(),
    )
]
