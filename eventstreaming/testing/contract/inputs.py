"""Values that every store refuses, each with the error it gets."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue
from eventstreaming.types import EventData

Refused = tuple[Any, type[InvalidArgument]]


def nested(levels: int) -> list[Any]:
    """Return lists inside of each other."""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


NAMES: list[Refused] = [
    ("", InvalidValue),
    ("a" * 256, InvalidValue),
    ("two words", InvalidValue),
    ("$all", InvalidValue),
    (".hidden", InvalidValue),
    ("-1", InvalidValue),
    ("naïve", InvalidValue),
    ("line\n", InvalidValue),
    ("nul\x00", InvalidValue),
    ("a;b", InvalidValue),
    (None, InvalidType),
    (7, InvalidType),
    (b"bytes", InvalidType),
]

# Field below `data` that the error names, and what is refused there.
VALUES: list[tuple[str, Any, type[InvalidArgument]]] = [
    ("['v']", float("nan"), InvalidValue),
    ("['v']", float("inf"), InvalidValue),
    ("['v']", Decimal("-Infinity"), InvalidValue),
    ("['v']", 2**63, InvalidValue),
    ("['v']", -(2**63) - 1, InvalidValue),
    ("['v']", 10**5000, InvalidValue),
    ("['v']", "\x00", InvalidValue),
    ("['v']", "\ud800", InvalidValue),
    ("['v']", datetime(2030, 1, 1), InvalidValue),  # noqa: DTZ001 - naive
    ("['v']['\\x00']", {"\x00": 1}, InvalidValue),
    ("['v']['\\ud800']", {"\ud800": 1}, InvalidValue),
    ("['v'][7]", {7: 1}, InvalidType),
    ("['v'][<int>]", {10**5000: 1}, InvalidType),
    ("['v'][None]", {None: 1}, InvalidType),
    ("['v'][1]['deep'][0]", [0, {"deep": [float("nan")]}], InvalidValue),
    ("", "x" * 256 * 1024, InvalidValue),
    ("", object(), InvalidType),
    ("", 1j, InvalidType),
    ("", int, InvalidType),
]

EVENTS: list[tuple[str, Any, type[InvalidArgument]]] = [
    ("events", "text", InvalidType),
    ("events", b"bytes", InvalidType),
    ("events", {"type": "Noted"}, InvalidType),
    ("events", None, InvalidType),
    ("events", 7, InvalidType),
    ("events", EventData, InvalidType),
    ("events", [EventData("Noted", {})] * 10_001, InvalidValue),
    ("events[0]", [{"type": "Noted"}], InvalidType),
    ("events[0]", ["text"], InvalidType),
    ("events[1]", [EventData("Noted", {}), None], InvalidType),
    ("events[0].type", EventData("", {}), InvalidValue),
    ("events[0].type", EventData("two words", {}), InvalidValue),
    ("events[0].type", EventData(7, {}), InvalidType),  # type: ignore[arg-type]
    ("events[0].key", EventData("Noted", {}, key=""), InvalidValue),
    (
        "events[0].schema_version",
        EventData("Noted", {}, schema_version=0),
        InvalidValue,
    ),
    ("events[0].metadata['v']", EventData("Noted", {}, {"v": 2**63}), InvalidValue),
    ("events[0].metadata", EventData("Noted", {}, {"v": "x" * 65_536}), InvalidValue),
    (
        "events[1].event_id",
        [EventData("Noted", {}, event_id=UUID(int=7))] * 2,
        InvalidValue,
    ),
    (
        "events[0].event_id",
        EventData("Noted", {}, event_id="7"),  # type: ignore[arg-type]
        InvalidType,
    ),
]

TEXTS: list[Refused] = [
    ("", InvalidValue),
    ("x" * 256, InvalidValue),
    ("\x00", InvalidValue),
    ("\ud800", InvalidValue),
    (7, InvalidType),
    (b"bytes", InvalidType),
]

OBJECTS: list[Refused] = [([], InvalidType), ("text", InvalidType), (7, InvalidType)]

VERSIONS: list[Refused] = [
    (-2, InvalidValue),
    (2**63, InvalidValue),
    (True, InvalidType),
    ("0", InvalidType),
    (1.0, InvalidType),
    (None, InvalidType),
]

PLACES: list[Refused] = [
    (-1, InvalidValue),
    (2**63, InvalidValue),
    (True, InvalidType),
    ("0", InvalidType),
    (1.0, InvalidType),
]

COUNTS: list[Refused] = [
    (0, InvalidValue),
    (-1, InvalidValue),
    (10_001, InvalidValue),
    (True, InvalidType),
    (1.0, InvalidType),
    (None, InvalidType),
]

FLAGS: list[Refused] = [(1, InvalidType), (None, InvalidType), ("yes", InvalidType)]

TYPE_NAMES: list[Refused] = [
    ("Noted", InvalidType),
    (7, InvalidType),
    ({"Noted": 1}, InvalidType),
    ([], InvalidValue),
    (["two words"], InvalidValue),
    ([7], InvalidType),
]

DURATIONS: list[Refused] = [
    (-1, InvalidValue),
    (float("nan"), InvalidValue),
    (float("inf"), InvalidValue),
    (10**400, InvalidValue),
    (True, InvalidType),
    ("1", InvalidType),
]

TIMEOUTS: list[Refused] = [*DURATIONS, (0, InvalidValue), (8 * 86_400, InvalidValue)]

PRIORITIES: list[Refused] = [
    (32_768, InvalidValue),
    (-32_768, InvalidValue),
    (True, InvalidType),
    (1.0, InvalidType),
    (None, InvalidType),
]

MESSAGE_IDS: list[Refused] = [
    ("", InvalidValue),
    ("0", InvalidValue),
    ("01", InvalidValue),
    ("-1", InvalidValue),
    ("1.0", InvalidValue),
    ("x" * 1_000, InvalidValue),
    ("٣", InvalidValue),
    ("9" * 19, InvalidValue),
    (7, InvalidType),
    (None, InvalidType),
]

RECEIPTS: list[Refused] = [
    ("", InvalidValue),
    ("7", InvalidValue),
    ("7:", InvalidValue),
    (":1", InvalidValue),
    ("7:1:1", InvalidValue),
    ("7:-1", InvalidValue),
    ("8:1", InvalidValue),
    ("7:" + "9" * 5_000, InvalidValue),
    (7, InvalidType),
]
