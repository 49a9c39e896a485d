"""Checks that every store shares."""

from datetime import timedelta
from enum import Enum
from typing import Any

import pytest
from django.test import override_settings

from eventstreaming.events import arguments
from eventstreaming.exceptions import (
    EventStreamingError,
    InvalidArgument,
    InvalidType,
    InvalidValue,
)


class Names(str, Enum):  # noqa: UP042 - its str() is "Names.ORDERS"
    ORDERS = "orders"


@pytest.mark.parametrize(
    "name", ["a", "0", "order-123", "tasks:default/x_y.z", "_", "/a:b", "x" * 255]
)
def test_names_of_streams(name: str) -> None:
    assert arguments.stream_name(name) == name


def test_name_may_be_a_member_of_an_enum() -> None:
    name = arguments.stream_name(Names.ORDERS)
    assert name == "orders"
    assert type(name) is str
    assert type(arguments.text(Names.ORDERS, "key")) is str


@pytest.mark.parametrize(
    ("name", "category"), [("order-1-2", "order"), ("order", "order"), ("a-", "a")]
)
def test_category_is_the_part_before_the_first_dash(name: str, category: str) -> None:
    assert arguments.category_of(name) == category


def test_refusal_names_field_problem_and_limit() -> None:
    with pytest.raises(InvalidValue, match="stream_name: must have 1 to 255") as caught:
        arguments.stream_name("x" * 256)
    assert caught.value.field == "stream_name"
    assert caught.value.limit == 255
    assert caught.value.problem == "must have 1 to 255 characters, not 256"


def test_refusals_are_errors_of_python_and_of_the_package() -> None:
    assert issubclass(InvalidValue, ValueError)
    assert issubclass(InvalidType, TypeError)
    assert issubclass(InvalidArgument, EventStreamingError)


@pytest.mark.parametrize(
    "value",
    ["x" * 10_000, "\ud800" * 10_000, b"x" * 10_000, 10**5_000, [0] * 10_000],
    ids=["text", "surrogates", "bytes", "number", "list"],
)
def test_excerpt_is_short_and_printable(value: object) -> None:
    text = arguments.excerpt(value)
    assert len(text) <= 80
    assert text.isascii()


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1])
def test_integers(value: int) -> None:
    assert arguments.integer(value, "limit") == value


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_other_types_are_no_integers(value: object) -> None:
    with pytest.raises(InvalidType, match=f"not {type(value).__name__}"):
        arguments.integer(value, "limit")


@pytest.mark.parametrize("value", [-1, 2**63, 10**5_000, -(10**5_000)], ids=[*"abcd"])
def test_integers_out_of_bounds(value: int) -> None:
    with pytest.raises(InvalidValue, match="between 0 and 9223372036854775807"):
        arguments.integer(value, "limit")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 0.0), (1, 1.0), (0.5, 0.5), (timedelta(minutes=1), 60.0)],
)
def test_durations_are_seconds_or_timedeltas(value: Any, seconds: float) -> None:
    result = arguments.seconds(value, "delay", 3_600)
    assert result == seconds
    assert type(result) is float


@pytest.mark.parametrize(
    "value",
    [-0.1, 3_601, float("nan"), float("inf"), 10**400, timedelta(hours=2)],
    ids=str,
)
def test_durations_out_of_bounds(value: Any) -> None:
    with pytest.raises(InvalidValue, match="between 0 and 3600 seconds"):
        arguments.seconds(value, "delay", 3_600)


@pytest.mark.parametrize("value", ["1", True, None])
def test_other_types_are_no_durations(value: Any) -> None:
    with pytest.raises(InvalidType):
        arguments.seconds(value, "delay", 3_600)


def test_receipt_is_read_as_it_was_made() -> None:
    receipt = arguments.receipt_of(7, 3)
    assert receipt == "7:3"
    assert arguments.receipt(receipt, 7) == 3
    assert arguments.required_receipt(receipt, 7) == 3


def test_receipt_may_be_missing_unless_it_is_required() -> None:
    assert arguments.receipt(None, 7) is None
    with pytest.raises(InvalidType):
        arguments.required_receipt(None, 7)


def test_receipt_of_another_message_is_refused() -> None:
    with pytest.raises(InvalidValue, match="belongs to another message"):
        arguments.receipt("8:3", 7)


@pytest.mark.parametrize("value", ["1", "42", str(2**63 - 1)])
def test_message_ids(value: str) -> None:
    assert arguments.message_id(value) == int(value)


@pytest.mark.parametrize(
    "value", ["", "0", "01", "+1", " 1", "1_0", "٣", "9" * 19, "9" * 20]
)
def test_other_texts_are_no_message_ids(value: str) -> None:
    with pytest.raises(InvalidValue):
        arguments.message_id(value)


def test_type_names_are_any_collection_but_no_text() -> None:
    for names in (["A", "B"], ("A", "B"), iter("AB"), {"A": 1, "B": 2}.keys()):
        assert arguments.type_names(names) == ["A", "B"]
    assert arguments.type_names(None) is None
    for bad in ("A", b"A", {"A": 1}, 7):
        with pytest.raises(InvalidType):
            arguments.type_names(bad)


@override_settings(EVENT_STREAM_LIMITS={"name_length": 10, "text_length": 5})
def test_limits_are_those_of_the_settings() -> None:
    with pytest.raises(InvalidValue, match="1 to 10 characters"):
        arguments.stream_name("x" * 11)
    with pytest.raises(InvalidValue, match="1 to 5 characters"):
        arguments.text("x" * 6, "key")
