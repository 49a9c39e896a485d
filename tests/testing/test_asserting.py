"""Assertions about what was enqueued and appended, on every store."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from asgiref.sync import async_to_sync
from django.test import SimpleTestCase, override_settings

from eventstreaming import EventData, append, dequeue, enqueue, event
from eventstreaming.backends.base_rehearsing import BaseRehearsing
from eventstreaming.exceptions import InvalidType, InvalidValue, UnsupportedOperation
from eventstreaming.testing import (
    SimulatedClock,
    aassert_enqueued,
    assert_appended,
    assert_enqueued,
    assert_not_appended,
    assert_not_enqueued,
    memory_stores,
)

pytest_plugins = ["eventstreaming.testing.plugin"]


@event(name="tests.AssertedMail")
@dataclass(frozen=True)
class Mail:
    to: str
    copies: int = 1


@pytest.fixture(params=["memory", "default", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "memory":
        with memory_stores():
            yield
        return
    stores = {"default": {"OPTIONS": {"database": request.param}}}
    with override_settings(EVENT_STORES=stores):
        yield


on_every_store = pytest.mark.django_db(databases=["default", "sqlite"])


@on_every_store
def test_what_was_enqueued_is_found(store: None) -> None:
    enqueue("mails", Mail("ada"), headers={"from": "shop"}, group_key="g")
    enqueue("mails", Mail("bob", 2), priority=3, delay=60)
    enqueue("plain", {"a": {"b": 1, "c": 2}})
    (first,) = assert_enqueued("mails", Mail("ada"))
    assert (first.payload, first.group_key, first.due_in) == (Mail("ada"), "g", 0.0)
    both = assert_enqueued("mails", message_type=Mail, count=2)
    assert [item.data["to"] for item in both] == ["ada", "bob"]
    assert 50 < both[1].due_in <= 60
    assert_enqueued("mails", message_type="tests.AssertedMail", data={"to": "bob"})
    assert_enqueued("mails", headers={"from": "shop"}, group_key="g", count=1)
    assert_enqueued("mails", priority=3, count=1)
    assert_enqueued("plain", {"a": {"b": 1, "c": 2}}, message_type=None)
    (plain,) = assert_enqueued("plain", data={"a": {"b": 1}}, message_type="")
    assert plain.payload == {"a": {"b": 1, "c": 2}}
    assert_enqueued("plain", data={"a": {"b": 2}}, count=0)
    assert_enqueued("plain", {"a": {"b": 1}}, count=0)
    assert_not_enqueued("mails", Mail("eve"))
    assert_not_enqueued(data={"to": "eve"})
    async_to_sync(aassert_enqueued)("mails", Mail("ada"))
    dequeue("plain").acknowledge()  # type: ignore[union-attr]
    assert_not_enqueued("plain")


@on_every_store
def test_a_failure_lists_what_is_there(store: None) -> None:
    enqueue("mails", Mail("ada"))
    enqueue("sms", {"text": "x" * 300})
    with pytest.raises(AssertionError) as caught:
        assert_enqueued("mails", Mail("eve"))
    lines = str(caught.value).splitlines()
    assert lines[0] == (
        "expected at least 1 in queue 'mails' with type 'tests.AssertedMail', data = "
        "{'to': 'eve', 'copies': 1}, found 0; queue 'mails' has 1:"
    )
    assert lines[1].startswith("  #")
    assert lines[1].endswith(" tests.AssertedMail {'to': 'ada', 'copies': 1}")
    assert lines[2] == "other queues with messages: sms (1)"
    with pytest.raises(AssertionError, match="found 0; queue 'none' has none"):
        assert_enqueued("none")
    with pytest.raises(AssertionError, match=r"expected 2 in queue 'mails'.* found 1"):
        assert_enqueued("mails", count=2)
    with pytest.raises(AssertionError, match="expected 0 in any queue with anything"):
        assert_not_enqueued()
    with pytest.raises(AssertionError) as caught:
        assert_not_enqueued("sms")
    assert "x" * 180 in str(caught.value)
    assert len(str(caught.value)) < 350


@on_every_store
def test_what_was_appended_is_found(store: None) -> None:
    append("order-1", [Mail("ada"), EventData("Paid", {"total": 5})])
    append("order-2", EventData("Paid", {"total": 7}, metadata={"by": "card"}))
    (found,) = assert_appended("order-1", Mail("ada"))
    assert found.offset == 0
    paid = assert_appended("order-*", event_type="Paid", count=2)
    assert [event.data["total"] for event in paid] == [5, 7]
    assert_appended("*", metadata={"by": "card"}, count=1)
    assert_not_appended("order-1", data={"total": 7})
    assert_not_appended(event_type="Refunded")
    with pytest.raises(AssertionError, match="in 'order-1' with data with") as caught:
        assert_appended("order-1", data={"total": 7})
    assert str(caught.value).splitlines()[1:] == [
        "  order-1@1 Paid {'total': 5}",
        "  order-1@0 tests.AssertedMail {'to': 'ada', 'copies': 1}",
    ]
    with pytest.raises(AssertionError, match="expected 0 in 'order-2'"):
        assert_not_appended("order-2")


@memory_stores()
def test_bad_expectations_are_no_failures() -> None:
    with pytest.raises(InvalidValue, match="leaves nothing to say"):
        assert_enqueued("mails", Mail("ada"), data={"to": "ada"})
    with pytest.raises(InvalidType, match="event_type"):
        assert_appended("log", event_type=5)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="no message"):
        assert_enqueued("mails", "text")
    with pytest.raises(UnsupportedOperation, match="shows no messages for tests"):
        BaseRehearsing().live_messages()


@memory_stores()
class MemoryTests(SimpleTestCase):
    """Each test begins with empty stores, and needs no database."""

    def test_one(self) -> None:
        enqueue("mails", {})
        assert_enqueued("mails", count=1)

    def test_other(self) -> None:
        self.test_one()

    async def test_async(self) -> None:
        self.test_one()


def test_fixtures_of_the_plugin(
    memory_event_stores: None, simulated_clock: SimulatedClock
) -> None:
    enqueue("mails", {}, delay=60)
    assert dequeue("mails") is None
    simulated_clock.advance(61)
    assert dequeue("mails") is not None
