"""The short way to JSON comes to the result of the long one, or to none."""

from dataclasses import InitVar, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Optional
from unicodedata import normalize
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstreaming.events import codec, values
from eventstreaming.events.plain_batches import plain_batch
from eventstreaming.events.plain_records import plain_record


@dataclass(frozen=True)
class Plain:
    text: str
    count: int
    flag: bool
    share: float
    amount: Decimal
    at: datetime
    number: UUID
    names: list[str]
    amounts: list[Decimal]
    note: str | None = None
    later: Optional[datetime] = None  # noqa: UP045 - the older form is plain, too


ZONES = st.sampled_from(
    [None, UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(0, 61))]
)
TEXTS = st.text() | st.sampled_from(["a\x00b", "\ud800", "Zoë", ""])
NUMBERS = st.integers() | st.sampled_from([2**63, -(2**63), 2**62, True])
MOMENTS = st.datetimes(timezones=ZONES)
RECORDS = st.builds(
    Plain,
    text=TEXTS,
    count=NUMBERS,
    flag=st.booleans() | st.integers(0, 1),
    share=st.floats() | st.sampled_from([0.0, -0.0, 1e16, 1e22, 1e-7, 1]),
    amount=st.decimals() | st.integers(0, 3),
    at=MOMENTS,
    number=st.uuids(),
    names=st.lists(TEXTS, max_size=3) | st.tuples(TEXTS),
    amounts=st.lists(st.decimals(allow_nan=False), max_size=3),
    note=st.none() | TEXTS,
    later=st.none() | MOMENTS,
)


@given(RECORDS, st.booleans())
def test_both_ways_come_to_the_same(record: Plain, canonical: bool) -> None:
    short = plain_record(record, canonical=canonical)
    if short is None:
        return
    check = values.canonical if canonical else values.checked
    long = check(codec.dump(record, "data", literal=not canonical), "data")
    assert short == long
    assert list(short) == list(long)
    assert [type(value) for value in short.values()] == [
        type(value) for value in long.values()
    ]
    assert msgspec.convert(short, type=Plain) == record


# Nearly all of these are plain; one value that is not is to stop the whole batch.
PLAIN = st.builds(
    Plain,
    text=st.text("aé€", max_size=3),
    count=st.integers(-9, 9),
    flag=st.booleans(),
    share=st.sampled_from([0.5, 2.0]),
    amount=st.decimals(0, 9, places=2),
    at=st.datetimes(timezones=st.just(UTC)),
    number=st.uuids(),
    names=st.lists(st.text("aé€", max_size=3), max_size=3),
    amounts=st.lists(st.decimals(0, 9, places=1), max_size=2),
    note=st.none() | st.just("note"),
)
ODD: list[dict[str, Any]] = [
    {},
    {"text": "Zoë"},
    {"text": "a\x00b"},
    {"text": "\ud800"},
    {"text": 1},
    {"count": 2**62},
    {"count": -(2**62)},
    {"count": True},
    {"amount": Decimal("NaN")},
    {"amount": 1},
    {"at": datetime(2030, 1, 1)},  # noqa: DTZ001
    {"at": datetime(2030, 1, 1, tzinfo=timezone(timedelta(0, 61)))},
    {"at": None},
    {"names": ("a",)},
    {"names": [1]},
    {"names": ["\x00"]},
    {"share": float("inf")},
    {"note": "\x00"},
]


@given(st.lists(PLAIN, min_size=2, max_size=4), PLAIN, st.booleans())
def test_many_come_to_what_each_of_them_does(
    plain: list[Plain], last: Plain, canonical: bool
) -> None:
    assert plain_batch(plain, canonical=canonical) is not None
    for odd in ODD:
        records = [*plain, replace(last, **odd)]
        singly = [plain_record(record, canonical=canonical) for record in records]
        batch = plain_batch(records, canonical=canonical)
        if singly[-1] is None:
            assert batch is None
            continue
        assert batch is not None
        together = batch.values()
        assert together == singly
        for one, other in zip(together, singly, strict=True):
            assert other is not None
            assert list(one) == list(other)
            assert [*map(type, one.values())] == [*map(type, other.values())]
        encoded = values.all_to_json(batch.rows(), "data", 10_000)
        assert encoded == [values.to_json(one, "data", 10_000) for one in singly]


def test_batches_that_are_none() -> None:
    assert plain_batch([], canonical=True) is None
    assert plain_batch([Bounded(1), Made()], canonical=True) is None
    assert plain_batch([Anything(1)] * 2, canonical=True) is None
    assert plain_batch([NoFields()] * 2, canonical=True) is None


def test_order_goes_the_short_way() -> None:
    record = Plain(
        "Zoë", 1, True, 2.5, Decimal("1.50"), datetime.now(UTC), uuid4(), ["a"], []
    )
    found = plain_record(record, canonical=False)
    assert found is not None
    assert list(found)[:3] == ["text", "count", "flag"]
    assert found["amount"] == "1.50"


@dataclass
class ChecksItself:
    count: int

    def __post_init__(self) -> None:
        if self.count > 1:
            raise ValueError


@dataclass
class Bounded:
    count: Annotated[int, msgspec.Meta(le=1)]


@dataclass
class Nested:
    inner: Plain | None


@dataclass
class Anything:
    value: Any


@dataclass
class Made:
    count: int = field(init=False, default=1)


@dataclass
class Given:
    count: int
    scale: InitVar[int]


@dataclass
class NoFields:
    pass


class Struct(msgspec.Struct):
    count: int


@dataclass
class Unresolved:
    count: "Missing"  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    "record",
    [
        ChecksItself(1),
        Bounded(1),
        Nested(None),
        Anything(1),
        Made(),
        Given(1, 2),
        Struct(1),
        Unresolved(1),
    ],
    ids=lambda record: type(record).__name__,
)
def test_what_is_not_plain_goes_the_long_way(record: object) -> None:
    assert plain_record(record, canonical=False) is None


@pytest.mark.parametrize("name", ["class", "None", "ﬁnal", "1st", "a b"])
def test_field_whose_name_source_reads_otherwise_goes_the_long_way(name: str) -> None:
    """The short way is a function that is written out for the class."""
    body = {"__annotations__": {name: int}, normalize("NFKC", name): 8, name: 7}
    odd: Any = dataclass(init=False, repr=False, eq=False)(type("Odd", (), body))
    assert [each.name for each in fields(odd)] == [name]
    assert plain_record(odd(), canonical=False) is None


def test_field_of_another_script_goes_the_short_way() -> None:
    body = {"__annotations__": {"größe": int}, "größe": 7}
    record: Any = dataclass(init=False)(type("Sized", (), body))
    assert plain_record(record(), canonical=False) == {"größe": 7}


@pytest.mark.parametrize("canonical", [False, True])
def test_an_attribute_that_is_not_there_is_for_others_to_refuse(
    canonical: bool,
) -> None:
    record = Lost("a", 1)
    assert plain_record(record, canonical=canonical) == {"text": "a", "number": 1}
    del record.number
    assert plain_record(record, canonical=canonical) is None


@dataclass
class Lost:
    text: str
    number: int


def test_what_was_written_is_not_the_callers_list() -> None:
    @dataclass
    class Listed:
        names: list[str]

    record = Listed(["a"])
    written = plain_record(record, canonical=True)
    record.names.append("b")
    assert written == {"names": ["a"]}
