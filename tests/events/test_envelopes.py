"""What a caller hands in becomes what a store can write."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from eventstreaming.events.correlation import correlation_scope
from eventstreaming.events.enqueue_options import enqueue_options
from eventstreaming.events.envelopes import (
    BUCKETS,
    bucket_of,
    new_events,
    new_message,
    new_messages,
)
from eventstreaming.events.registry import event
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import Append, EventData, StoredEvent


@event(name="envelopes.Placed", version=2)
@dataclass(frozen=True)
class Placed:
    number: int


@dataclass(frozen=True)
class NeverDeclared:
    number: int


def options(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "delay": None,
        "priority": 0,
        "group_key": None,
        "deduplication_key": None,
        "expires_in": None,
        "headers": None,
        "correlation_id": None,
    }
    return enqueue_options(**given | changes)


def test_typed_event_has_its_registered_name_and_version() -> None:
    (new,) = new_events("orders", Placed(7))
    assert (new.event_type, new.schema_version) == ("envelopes.Placed", 2)
    assert (new.data, new.json) == ({"number": 7}, b'{"number":7}')
    assert new.metadata == {}
    assert new.event_id.version == 7


def test_class_is_registered_by_its_first_append() -> None:
    (new,) = new_events("orders", NeverDeclared(7))
    assert (new.event_type, new.schema_version) == ("NeverDeclared", 1)


def test_event_data_takes_the_registered_version_unless_it_names_one() -> None:
    given = [
        EventData("envelopes.Placed", {}),
        EventData("envelopes.Placed", {}, schema_version=1),
        EventData("envelopes.Unknown", {}),
    ]
    assert [new.schema_version for new in new_events("orders", given)] == [2, 1, 1]


def test_bucket_is_that_of_the_key_or_else_of_the_stream() -> None:
    given = [EventData("A", {}), EventData("A", {}, key="own")]
    by_stream, by_own = new_events("orders", given)
    by_key, _ = new_events("orders", given, key="shared")
    assert (by_stream.key, by_stream.bucket) == (None, bucket_of("orders"))
    assert (by_own.key, by_own.bucket) == ("own", bucket_of("own"))
    assert (by_key.key, by_key.bucket) == ("shared", bucket_of("shared"))


def test_bucket_of_a_key_never_changes() -> None:
    keys = ["", "orders", "☃", "customer-1"]
    assert [bucket_of(key) for key in keys] == [0, 494, 852, 125]
    assert all(0 <= bucket_of(str(n)) < BUCKETS for n in range(5_000))


def test_scope_fills_in_what_is_not_given() -> None:
    with correlation_scope("story", causation_id="click"):
        (new,) = new_events("orders", Placed(1), correlation_id="other")
        assert (new.correlation_id, new.causation_id) == ("other", "click")
        assert options().correlation_id == "story"
        assert options(correlation_id="other").correlation_id == "other"


def test_no_events_are_no_error() -> None:
    assert new_events("orders", []) == []
    assert new_messages([]) == []


@override_settings(EVENT_STREAM_LIMITS={"events_per_append": 3, "data_bytes": 20})
def test_limits_count_events_and_bytes() -> None:
    assert len(new_events("orders", (Placed(n) for n in range(3)))) == 3
    with pytest.raises(InvalidValue, match="more than 3 items"):
        new_events("orders", (Placed(n) for n in range(4)))
    with pytest.raises(InvalidValue, match="limit is 20") as caught:
        new_events("orders", EventData("A", "x" * 20))
    assert caught.value.field == "events[0].data"
    with pytest.raises(InvalidValue, match="limit is 20") as caught:
        new_messages([Placed(1), Placed(10**17)])
    assert caught.value.field == "messages[1].data"


def test_endless_iterable_is_refused() -> None:
    def endless() -> Any:
        while True:
            yield Placed(1)

    with pytest.raises(InvalidValue, match="more than 10000 items"):
        new_events("orders", endless())


def test_what_was_read_is_not_written_by_mistake() -> None:
    stored = StoredEvent(
        stream_name="orders",
        offset=0,
        position=1,
        event_id=UUID(int=7),
        event_type="A",
        data={},
        metadata={},
        schema_version=1,
        key=None,
        correlation_id=None,
        causation_id=None,
        timestamp=None,  # type: ignore[arg-type]
    )
    for given in (stored, [stored], Append("orders", []), [Append("orders", [])]):
        with pytest.raises(InvalidType, match=r"a (StoredEvent|Append) is"):
            new_events("orders", given)
    with pytest.raises(InvalidType, match="a StoredEvent is no message"):
        new_message(stored)


def test_message_is_typed_or_a_dict_or_event_data() -> None:
    typed = new_message(Placed(7))
    plain = new_message({"b": 1, "a": -0.0})
    named = new_message(EventData("A", [1], schema_version=3))
    assert (typed.message_type, typed.schema_version) == ("envelopes.Placed", 2)
    assert (plain.message_type, plain.schema_version) == ("", 1)
    assert plain.json == b'{"b":1,"a":-0.0}'
    assert (named.message_type, named.schema_version, named.data) == ("A", 3, [1])


def test_group_and_priority_exclude_each_other() -> None:
    assert options(group_key="customer-1").group_key == "customer-1"
    with pytest.raises(InvalidValue) as caught:
        options(group_key="customer-1", priority=1)
    assert caught.value.field == "priority"


def test_headers_are_kept_in_order_and_copied() -> None:
    headers = {"b": [1], "a": 2}
    kept = options(headers=headers).headers
    headers["b"].append(2)  # type: ignore[attr-defined]
    assert repr(kept) == "{'b': [1], 'a': 2}"


def test_key_of_bytes_is_refused_and_not_made_a_text() -> None:
    with pytest.raises(InvalidType, match="keys must be str, not bytes"):
        new_events("s", EventData("Sent", {b"a": 1}))
    with pytest.raises(InvalidType, match="keys must be str, not bytes"):
        new_message({"a": {b"b": 1}})
    (event,) = new_events("s", EventData("Sent", {"a": b"\xff"}))
    assert event.data == {"a": "/w=="}
