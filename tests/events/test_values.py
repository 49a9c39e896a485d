"""What may be stored as JSON, and the form in which it comes back."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import msgspec
import pytest
from django.utils.safestring import mark_safe

from eventstreaming.events.values import canonical, checked, to_json
from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**63 - 1,
        0.1,
        "",
        "☃ \u2028",
        [],
        {},
        [1, [2, {"a": 3}]],
    ],
    ids=ascii,
)
def test_json_values_are_kept(value: Any) -> None:
    assert canonical(value, "data") == value
    assert checked(value, "data") == value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (-0.0, "0.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "10000000000000000"),
        (1e22, "10000000000000000000000"),
        (-1.5e300, "-15" + "0" * 299),
        (1e-7, "1e-07"),
        (9007199254740993.0, "9007199254740992.0"),
        ((1, 2), "[1, 2]"),
        (Decimal("1.50"), "'1.50'"),
        (datetime(2030, 1, 1, 12, tzinfo=UTC), "'2030-01-01T12:00:00+00:00'"),
        ({"aa": 1, "b": 2, "é": 3}, "{'b': 2, 'aa': 1, 'é': 3}"),
    ],
    ids=ascii,
)
def test_canonical_changes_what_jsonb_changes(value: Any, kept: str) -> None:
    assert repr(canonical(value, "data")) == kept


def test_checked_keeps_numbers_and_the_order_of_keys() -> None:
    value = {"b": -0.0, "a": 1e22, "c": {"z": 1, "y": 2}}
    assert repr(checked(value, "data")) == repr(value)


def test_result_is_a_copy() -> None:
    value = {"list": [1, {"a": []}]}
    for result in (canonical(value, "data"), checked(value, "data")):
        assert result == value
        result["list"][1]["a"].append(2)
        assert value == {"list": [1, {"a": []}]}


def test_subclasses_become_the_class_itself() -> None:
    class Level(IntEnum):
        HIGH = 3

    class Moment(datetime):
        pass

    moment = Moment(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    value = [mark_safe("<b>"), Level.HIGH, OrderedDict({mark_safe("a"): 1}), moment]
    result = canonical(value, "data")
    assert result == ["<b>", 3, {"a": 1}, "2030-01-01T12:00:00+02:00"]
    assert [type(item) for item in result] == [str, int, dict, str]
    assert [type(key) for key in result[2]] == [str]


@pytest.mark.parametrize(
    ("value", "error", "field"),
    [
        (float("nan"), InvalidValue, "data"),
        ([0, float("-inf")], InvalidValue, "data[1]"),
        ({"a": {"b": [2**63]}}, InvalidValue, "data['a']['b'][0]"),
        ({"a": "\x00"}, InvalidValue, "data['a']"),
        ({"a": "\udfff"}, InvalidValue, "data['a']"),
        ({"\x00": 1}, InvalidValue, "data['\\x00']"),
        ({1: 1}, InvalidType, "data[1]"),
        ({1, 2}, InvalidType, "data"),
        (range(3), InvalidType, "data"),
        (datetime(2030, 1, 1), InvalidValue, "data"),  # noqa: DTZ001
        (Decimal("sNaN"), InvalidValue, "data"),
        (nested(101), InvalidValue, "data" + "[0]" * 12 + "[0..." + "[0]" * 13),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_cannot_be_kept_is_refused_by_its_place(
    value: Any, error: type[InvalidArgument], field: str
) -> None:
    for check in (canonical, checked):
        with pytest.raises(error) as caught:
            check(value, "data")
        assert type(caught.value) is error
        assert caught.value.field == field


def test_nesting_has_a_limit() -> None:
    deepest = nested(100)
    assert canonical(deepest, "data") == deepest
    with pytest.raises(InvalidValue) as caught:
        canonical(nested(101), "data")
    assert caught.value.limit == 100


def test_errors_do_not_repeat_the_input() -> None:
    value: Any = float("nan")
    for letter in "abcdefgh":
        value = {letter * 1_000: value}
    with pytest.raises(InvalidValue) as caught:
        canonical(value, "data")
    assert len(str(caught.value)) < 200


def test_size_has_a_limit_in_bytes_of_json() -> None:
    assert to_json("é", "data", 4) == '"é"'.encode()
    with pytest.raises(InvalidValue, match="has 4 bytes as JSON") as caught:
        to_json("é", "data", 3)
    assert caught.value.limit == 3


def test_numbers_are_written_so_that_they_come_back() -> None:
    value = canonical([1e22, 0.1, 1e-7, -0.0, 123456789012345.67], "data")
    result = msgspec.json.decode(to_json(value, "data", 1_000))
    assert repr(result) == repr(value)


def test_key_that_is_equal_to_another_is_refused_under_its_own_name() -> None:
    for key in (True, 1, 1.0):
        with pytest.raises(InvalidType) as caught:
            canonical({key: 1}, "data")
        assert caught.value.field == f"data[{key}]"
