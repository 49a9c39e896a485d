"""A workflow appends all of its events under one id, or none."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings

from eventstreaming import (
    NO_STREAM,
    EventData,
    Workflow,
    aenqueue,
    append,
    correlation_scope,
    enqueue,
    pop,
    read_all,
    read_stream,
)
from eventstreaming.backends.memory import reset
from eventstreaming.events.correlation import current_correlation
from eventstreaming.exceptions import (
    InvalidType,
    InvalidValue,
    WorkflowNotOpen,
    WrongExpectedVersion,
)

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    by: str


class Invitation(Workflow):
    stream_name = "invitations"

    def accept(self, by: str) -> None:
        self.emit(Accepted(by=by), key=by)


pytestmark = pytest.mark.django_db


@pytest.fixture(params=["memory", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    stores = {"default": MEMORY if request.param == "memory" else {}}
    with override_settings(EVENT_STORES=stores):
        yield request.param
    reset()


def written() -> list[tuple[str, str, str | None]]:
    return [(e.stream_name, e.event_type, e.correlation_id) for e in read_all()]


def test_events_and_messages_get_one_id_when_the_block_ends(store: str) -> None:
    with Workflow() as flow:
        flow.append("b", EventData("B", {}))
        with correlation_scope("another"):
            flow.append("a", [EventData("A", {}), EventData("A", {})])
        enqueue("mails", {})
        assert written() == []
    assert flow.is_new
    assert written() == [("a", "A", flow.id), ("a", "A", flow.id), ("b", "B", flow.id)]
    message = pop("mails")
    assert message is not None
    assert message.correlation_id == flow.id
    assert current_correlation() == (None, None)


def test_a_block_that_fails_appends_nothing(store: str) -> None:
    with pytest.raises(ZeroDivisionError), Workflow() as flow:
        flow.append("a", EventData("A", {}))
        enqueue("mails", {})
        raise ZeroDivisionError
    assert written() == []
    assert (pop("mails") is None) is (store == "postgresql")
    append("a", EventData("A", {}))
    with pytest.raises(WrongExpectedVersion), Workflow() as flow:
        flow.append("a", EventData("B", {}), expected_version=NO_STREAM)
        flow.append("0-first", EventData("B", {}))
    if store == "postgresql":
        assert len(written()) == 1


def test_a_process_goes_on_in_its_own_words_and_knows_its_cause(store: str) -> None:
    with Invitation() as invitation:
        invitation.accept("ada")
    with Invitation(invitation.id, causation_id="click") as later:
        later.accept("joe")
    assert not later.is_new
    first, second = read_stream("invitations")
    assert first.correlation_id == second.correlation_id == invitation.id
    assert (second.causation_id, second.key) == ("click", "joe")
    with invitation:  # the same object, once more
        invitation.accept("eve")
    assert len(list(read_stream("invitations"))) == 3


def test_an_inner_workflow_keeps_its_own_id(store: str) -> None:
    with pytest.raises(ZeroDivisionError), Workflow() as outer:
        with Workflow() as inner:
            inner.append("a", EventData("A", {}))
        raise ZeroDivisionError
    assert written() == []
    with Workflow() as outer:
        with Workflow() as inner:
            inner.append("a", EventData("A", {}))
        assert written() == []
        outer.append("a", EventData("B", {}))
    assert written() == [("a", "A", inner.id), ("a", "B", outer.id)]


def test_async_blocks_do_the_same_side_by_side(store: str) -> None:
    async def place(number: int) -> str:
        async with Workflow(f"order-{number}") as flow:
            flow.append("orders", EventData("Placed", {"n": number}))
            await asyncio.sleep(0)
            await aenqueue("mails", {"n": number})
        return flow.id

    async def fail() -> None:
        async with Workflow() as flow:
            flow.append("orders", EventData("Placed", {}))
            raise ZeroDivisionError

    async def both() -> None:
        for number in (1, 2):
            await place(number)
        with pytest.raises(ZeroDivisionError):
            await fail()

    async_to_sync(both)()
    assert [event.correlation_id for event in read_stream("orders")] == [
        "order-1",
        "order-2",
    ]
    for number in (1, 2):
        message = pop("mails")
        assert message is not None
        assert message.correlation_id == f"order-{number}"


def test_events_are_collected_inside_a_block_only(store: str) -> None:
    flow = Workflow()
    for _ in range(2):
        with pytest.raises(WorkflowNotOpen, match=flow.id):
            flow.append("a", EventData("A", {}))
        with flow, pytest.raises(WorkflowNotOpen, match="open already"):
            flow.__enter__()
    with flow, pytest.raises(InvalidType, match=r"^stream_name"):
        flow.append(7, EventData("A", {}))  # type: ignore[arg-type]
    with flow, pytest.raises(InvalidValue, match="Workflow names no stream"):
        flow.emit(EventData("A", {}))
    with pytest.raises(InvalidValue, match=r"^workflow_id"):
        Workflow("")
    assert written() == []
