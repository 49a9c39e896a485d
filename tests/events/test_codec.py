"""Typed objects come back exactly as they went in."""

from collections import OrderedDict
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pydantic
import pytest
from django.utils.safestring import mark_safe

from eventstreaming.events.codec import decode, dump, dump_record, is_record
from eventstreaming.events.registry import event_types
from eventstreaming.events.values import checked, to_json
from eventstreaming.exceptions import (
    InvalidArgument,
    InvalidPayload,
    InvalidType,
    InvalidValue,
    UnknownEventType,
)
from eventstreaming.types import Append

NOON = datetime(2030, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Unit(StrEnum):
    PIECE = "piece"


class Point(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    price: Decimal


@dataclass
class Everything:
    text: str
    number: int
    real: float
    yes: bool
    money: Decimal
    moment: datetime
    day: date
    hour: time
    span: timedelta
    number_id: UUID
    blob: bytes
    color: Color
    level: Level
    unit: Unit
    line: Line
    lines: list[Line]
    by_name: dict[str, list[Line]]
    tags: set[str]
    frozen: frozenset[int]
    pair: tuple[int, str]
    many: tuple[Decimal, ...]
    point: Point
    maybe: Line | None
    either: int | str
    one_of: Literal["a", "b"]
    anything: Any
    untyped: object = None
    children: list["Everything"] = field(default_factory=list)


def everything(**changes: Any) -> Everything:
    values: dict[str, Any] = {
        "text": 'naïve ☃ \u2028 " \\ \x01',
        "number": -(2**63),
        "real": 0.1,
        "yes": True,
        "money": Decimal("10.50"),
        "moment": NOON,
        "day": date(2030, 5, 1),
        "hour": time(23, 59, 59, 1),
        "span": timedelta(days=-1, microseconds=1),
        "number_id": UUID(int=7),
        "blob": b"\x00\xff",
        "color": Color.RED,
        "level": Level.HIGH,
        "unit": Unit.PIECE,
        "line": Line("a", Decimal("1E+5")),
        "lines": [Line("b", Decimal("-0.00"))],
        "by_name": {"z": [Line("c", Decimal(1))], "": []},
        "tags": {"x", "y"},
        "frozen": frozenset({1, 2}),
        "pair": (1, "one"),
        "many": (Decimal("0.1"), Decimal("12345678901234567890.123456789")),
        "point": Point(1, 2),
        "maybe": None,
        "either": "7",
        "one_of": "a",
        "anything": {"list": [1, 2.5, None, "x"]},
        "untyped": [1, {"a": None}],
    }
    return Everything(**values | changes)


@attrs.frozen
class AttrsOrder:
    total: Decimal
    lines: list[Line]
    at: datetime = NOON


class StructOrder(msgspec.Struct, frozen=True):
    total: Decimal
    lines: list[Line]
    color: Color | None = None


class TaggedOrder(msgspec.Struct, tag="order", rename="camel", omit_defaults=True):
    order_number: int
    note: str = ""


class PydanticLine(pydantic.BaseModel):
    sku: str
    price: Decimal


class PydanticOrder(pydantic.BaseModel):
    total: Decimal
    at: datetime
    number: UUID
    lines: list[PydanticLine] = []
    color: Color = Color.RED


@dataclass
class Mixed:
    pydantic: PydanticLine
    attrs: AttrsOrder
    struct: StructOrder


RECORDS = {
    "dataclass": everything(),
    "nested in itself": everything(
        children=[everything(either=7), everything(maybe=Line("d", Decimal(2)))]
    ),
    "attrs": AttrsOrder(Decimal("9.90"), [Line("a", Decimal("0.10"))]),
    "struct": StructOrder(Decimal("9.90"), [Line("a", Decimal("0.10"))], Color.RED),
    "tagged struct": TaggedOrder(7),
    "pydantic": PydanticOrder(
        total=Decimal("9.90"),
        at=NOON,
        number=UUID(int=7),
        lines=[PydanticLine(sku="a", price=Decimal("0.10"))],
    ),
    "all in one": Mixed(
        PydanticLine(sku="a", price=Decimal("0.10")),
        AttrsOrder(Decimal("9.90"), []),
        StructOrder(Decimal("9.90"), []),
    ),
}


def round_trip(record: Any) -> Any:
    """Do what a store does between append and read."""
    name, version = event_types.name_of(type(record))
    data = dump_record(record, "event")
    kept = msgspec.json.decode(to_json(data, "event", 10**6))
    return decode(name, version, kept, "test")


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_record_comes_back_exactly(record: Any) -> None:
    result = round_trip(record)
    assert result == record
    assert type(result) is type(record)


def test_decimals_keep_their_digits() -> None:
    result = round_trip(everything())
    assert str(result.money) == "10.50"
    assert str(result.line.price) == "1E+5"
    assert str(result.lines[0].price) == "-0.00"


def test_datetime_keeps_its_offset() -> None:
    moment = datetime(2030, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    result = round_trip(everything(moment=moment)).moment
    assert result == moment
    assert result.utcoffset() == timedelta(hours=2)


def test_datetime_with_seconds_in_its_offset_keeps_its_moment() -> None:
    moment = datetime(1800, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    assert round_trip(everything(moment=moment)).moment == moment


@pytest.mark.parametrize(
    "number", [1e16, 1e22, -1e21, 1.7976931348623157e308, 5e-324, 10.0]
)
def test_float_is_the_same_after_jsonb_made_it_whole(number: float) -> None:
    result = round_trip(everything(real=number)).real
    assert repr(result) == repr(number)


def test_post_init_runs_when_read() -> None:
    @dataclass
    class Doubled:
        number: int
        double: int = field(init=False)

        def __post_init__(self) -> None:
            self.double = 2 * self.number

    assert round_trip(Doubled(2)).double == 4


def test_is_record_knows_one_object_of_a_class() -> None:
    assert all(is_record(record) for record in RECORDS.values())
    for value in (1, "text", {}, [], None, Everything, Point(1, 2), object()):
        assert not is_record(value)


def test_what_comes_out_of_a_store_is_no_record() -> None:
    assert not is_record(Append("orders", []))


def test_dump_takes_subclasses_of_builtins() -> None:
    value = {
        "safe": mark_safe("<b>"),
        "ordered": OrderedDict(b=1),
        "proxy": MappingProxyType({"a": Level.HIGH}),
    }
    assert checked(dump(value, "data"), "data") == {
        "safe": "<b>",
        "ordered": {"b": 1},
        "proxy": {"a": 3},
    }


def test_dump_orders_sets_and_dicts_unless_literal() -> None:
    value = {"b": {"z", "a", "m"}, "a": 1}
    assert list(dump(value, "data")) == ["a", "b"]
    assert dump(value, "data")["b"] == ["a", "m", "z"]
    assert list(dump(value, "data", literal=True)) == ["b", "a"]


def test_dump_of_an_endless_value_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidValue, match="nested too deeply"):
        dump(endless, "data")


@pytest.mark.parametrize("value", [object(), 1j, len, int, iter([1])], ids=type)
def test_dump_of_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidType) as caught:
        dump({"v": value}, "data")
    assert caught.value.field == "data"


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "7"},
        {"number": True},
        {"number": 7.0},
        {"line": {"sku": 7, "price": "1"}},
        {"lines": [None]},
        {"one_of": "c"},
        {"color": "blue"},
        {"pair": (1, "one", 2)},
    ],
    ids=str,
)
def test_record_that_does_not_fit_its_annotations_is_not_written(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(InvalidValue, match="does not fit Everything") as caught:
        dump_record(everything(**changes), "events[0].data")
    assert caught.value.field == "events[0].data"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"moment": datetime(2030, 1, 1)}, "['moment']"),  # noqa: DTZ001
        ({"text": "\x00"}, "['text']"),
        ({"money": Decimal("NaN")}, "['money']"),
        ({"anything": [float("inf")]}, "['anything'][0]"),
        ({"by_name": {7: []}}, "['by_name'][7]"),
    ],
    ids=str,
)
def test_record_with_a_value_that_cannot_be_kept_is_not_written(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        dump_record(everything(**changes), "data")
    assert caught.value.field == f"data{path}"


def test_class_that_checks_itself_refuses_by_any_exception() -> None:
    @dataclass
    class Positive:
        number: int

        def __post_init__(self) -> None:
            if self.number < 0:
                raise RuntimeError("negative")

    record = Positive(1)
    record.number = -1
    with pytest.raises(InvalidValue, match="negative"):
        dump_record(record, "data")
    event_types.register(Positive)
    with pytest.raises(InvalidPayload, match="negative"):
        decode("Positive", 1, {"number": -1}, "test")


@dataclass
class UnknownName:
    value: "Nowhere"  # type: ignore[name-defined] # noqa: F821 - on purpose


@dataclass
class MixedValues:
    class Value(Enum):
        ONE = 1
        TWO = "two"

    value: Value


@pytest.mark.parametrize(
    "record", [UnknownName(1), MixedValues(MixedValues.Value.ONE)], ids=repr
)
def test_class_that_cannot_be_read_back_is_not_written(record: Any) -> None:
    with pytest.raises(InvalidType, match="cannot be read back"):
        dump_record(record, "data")


def test_pydantic_model_that_does_not_read_itself_is_not_written() -> None:
    class Hidden(pydantic.BaseModel):
        number: int = pydantic.Field(exclude=True)

    with pytest.raises(InvalidValue, match="does not fit Hidden"):
        dump_record(Hidden(number=1), "data")


def test_unknown_type_is_never_imported() -> None:
    with pytest.raises(UnknownEventType) as caught:
        decode("os.system", 1, {}, "stream 'orders', offset 7")
    assert caught.value.type_name == "os.system"
    assert str(caught.value).startswith("stream 'orders', offset 7")


def test_data_that_does_not_fit_says_where_it_lies() -> None:
    cls = make_dataclass("Shipped", [("number", int)])
    event_types.register(cls, "codec.Shipped")
    with pytest.raises(InvalidPayload, match="Expected `int`") as caught:
        decode("codec.Shipped", 1, {"number": "x" * 1_000}, "queue 'mail', message 7")
    assert caught.value.origin == "queue 'mail', message 7"
    assert len(str(caught.value)) < 300


def test_fields_of_newer_writers_are_passed_over() -> None:
    cls = make_dataclass("Paid", [("number", int)])
    event_types.register(cls, "codec.Paid")
    assert decode("codec.Paid", 1, {"number": 7, "new": 1}, "test") == cls(7)


def test_offset_of_a_moment_out_of_range_is_refused() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5, seconds=3)))
    with pytest.raises(InvalidValue, match="out of range"):
        dump_record(everything(moment=early), "data")
