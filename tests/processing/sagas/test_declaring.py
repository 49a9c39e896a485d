"""What a saga may be declared as, and what is refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from eventstreaming.exceptions import (
    HandlerConflict,
    InvalidType,
    InvalidValue,
    SagaConflict,
    SagaNotFound,
    UnknownSaga,
    UnsupportedOperation,
)
from eventstreaming.processing.registry import Handlers
from eventstreaming.sagas import SagaContext, Step, saga, signal, start, status
from tests.processing.sagas.driving import own_registries

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


class Charge(Step):
    def execute(self, saga: SagaContext) -> None: ...


class SendReceipt(Charge):
    delay = timedelta(hours=1)


class Nothing(Step):
    pass


class Both(Charge):
    delay = 1
    wait_for = "paid"


def changed(**options: Any) -> Step:
    step = Charge()
    for name, value in options.items():
        setattr(step, name, value)
    return step


@pytest.fixture(autouse=True)
def handlers() -> Iterator[Handlers]:
    with own_registries() as found:
        yield found


def test_worker_knows_a_saga_by_the_name_of_its_queue(handlers: Handlers) -> None:
    order = saga("order", [Charge, SendReceipt()], visibility_timeout=5, concurrency=2)
    assert [step.name for step in order.steps] == ["charge", "send-receipt"]
    assert order.steps[1].delay == 3600.0
    handler = handlers.queues["saga:order"]
    assert (handler.visibility_timeout, handler.concurrency) == (5.0, 2)
    assert handlers.names() == ["saga:order"]


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "steps"),
        ([Charge, Charge], "steps"),
        ([Nothing], "steps[0]"),
        ([Both], "steps[0]"),
        ([Charge, "ship"], "steps[1]"),
        ([changed(name="a/b")], "steps[0].name"),
        ([changed(name="x" * 101)], "steps[0].name"),
        ([changed(timeout=0)], "steps[0].timeout"),
        ([changed(delay=-1)], "steps[0].delay"),
        ([changed(wait_for="")], "steps[0].wait_for"),
        ([changed(max_attempts=0)], "max_attempts"),
        ([changed(undo_if_failed=1)], "steps[0].undo_if_failed"),
    ],
)
def test_bad_steps_are_refused(steps: Any, field: str) -> None:
    with pytest.raises((InvalidValue, InvalidType)) as error:
        saga("order", steps)
    assert error.value.field == field


@pytest.mark.parametrize("name", ["", "a/b", "-a", "x" * 101, 7, None])
def test_bad_names_are_refused(name: Any) -> None:
    with pytest.raises((InvalidValue, InvalidType), match=r"^name"):
        saga(name, [Charge])


def test_a_name_stands_for_one_saga() -> None:
    saga("order", [Charge])
    saga("order", [Charge()])  # a module that is loaded again
    with pytest.raises(HandlerConflict, match="order"):
        saga("order", [SendReceipt])


@override_settings(EVENT_STORES={"default": MEMORY})
def test_the_memory_store_keeps_no_sagas() -> None:
    order = saga("order", [Charge])
    with pytest.raises(UnsupportedOperation, match="MemoryEventStore keeps no sagas"):
        start(order)


@pytest.mark.django_db
def test_what_start_and_the_others_refuse() -> None:
    order = saga("order", [Charge])
    with pytest.raises(UnknownSaga, match="no saga 'mail'; known are order"):
        start("mail")
    for saga_id in ("", "a b", "x" * 250, 7):
        with pytest.raises((InvalidValue, InvalidType), match=r"^saga_id"):
            start(order, saga_id=saga_id)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match=r"^data"):
        start(order, {"when": object()})
    with pytest.raises(SagaNotFound):
        signal(order, "7", "paid")
    with pytest.raises(SagaNotFound):
        status(order, "7")
    start(order, {"n": 1}, saga_id="7")
    with pytest.raises(InvalidType, match=r"^name"):
        signal(order, "7", None)  # type: ignore[arg-type]
    with pytest.raises(SagaConflict, match="7"):
        start(order, {"n": 2}, saga_id="7")
    made = start(order)
    assert made.created
    assert len(made) == 36
