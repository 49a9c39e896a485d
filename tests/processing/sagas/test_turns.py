"""What becomes of a saga, turn by turn, in both kinds of databases."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import override_settings

from eventstreaming import EventData, append, dead_letters, event_stores, queue_info
from eventstreaming.exceptions import LeaseLost
from eventstreaming.models import Message
from eventstreaming.sagas import (
    Saga,
    SagaContext,
    Step,
    cancel,
    resume,
    saga,
    signal,
    start,
    status,
)
from tests.processing.sagas.driving import (
    Trace,
    handle,
    history,
    let_all_come_due,
    next_message,
    own_registries,
    run,
    take_turn,
)
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(databases=["default", "sqlite"])

STORES: dict[str, Any] = {
    "default": {},
    "sqlite": {
        "BACKEND": "eventstreaming.backends.database.DatabaseEventStore",
        "OPTIONS": {"database": "sqlite"},
    },
}


@pytest.fixture(autouse=True, params=["default", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    with override_settings(EVENT_STORES=STORES), own_registries():
        yield request.param


@pytest.fixture
def trace() -> Trace:
    return Trace()


def leave(number: int, store: str) -> None:
    Effect.objects.using(store).create(kind="step", number=number)


def test_steps_run_in_order_and_know_what_came_before(trace: Trace, store: str) -> None:
    order = saga("order", [trace.step(name) for name in "abc"], store=store)
    seen: list[SagaContext] = []
    trace.does["a"] = lambda saga: {"seat": 7}
    trace.does["b"] = seen.append
    started = start(order, {"cds": 2}, saga_id="7", correlation_id="story")
    assert (started, started.created) == ("7", True)
    run(order)
    assert trace.calls == ["a", "b", "c"]
    (b,) = seen
    assert (b.data, b.results, b.attempt) == ({"cds": 2}, {"a": {"seat": 7}}, 1)
    assert (b.idempotency_key, b.correlation_id) == ("saga-order/7:b", "story")
    at_end = status(order, "7")
    assert (at_end.state, at_end.step, at_end.completed) == (
        "completed",
        "",
        ("a", "b", "c"),
    )
    assert at_end.finished_at is not None
    assert history(order, "7") == [
        "Started",
        "StepCompleted a",
        "StepCompleted b",
        "StepCompleted c",
        "Completed",
    ]
    events = event_stores[store].read_stream("saga-order/7")
    assert {event.correlation_id for event in events} == {"story"}
    assert queue_info("saga:order", store=store).depth == 0


def test_start_belongs_to_the_callers_transaction_and_is_done_once(
    trace: Trace, store: str
) -> None:
    order = saga("order", [trace.step("a")], store=store)
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=store):
        start(order, {"n": 1}, saga_id="7")
        raise ZeroDivisionError
    assert not Message.objects.using(store).exists()
    assert start("order", {"n": 1}, saga_id="7").created
    assert not start("order", {"n": 1}, saga_id="7").created
    run(order)
    assert not start("order", {"n": 1}, saga_id="7").created
    run(order)
    assert trace.calls == ["a"]


def test_a_failed_step_is_retried_and_leaves_nothing_behind(
    trace: Trace, store: str
) -> None:
    order = saga("order", [trace.step("a", max_attempts=3)], store=store)
    attempts: list[int] = []

    def fail_twice(context: SagaContext) -> None:
        attempts.append(context.attempt)
        leave(context.attempt, store)
        append("work", EventData("Tried", {}), store=store)
        if context.attempt < 3:
            raise ValueError("not yet")

    trace.does["a"] = fail_twice
    start(order, saga_id="7")
    take_turn(order)
    between = status(order, "7")
    assert (between.state, between.attempts) == ("running", 1)
    assert "ValueError: not yet" in between.error
    run(order)
    assert attempts == [1, 2, 3]
    assert list(Effect.objects.using(store).values_list("number", flat=True)) == [3]
    assert event_stores[store].stream_info("work").length == 1
    assert status(order, "7").state == "completed"
    assert history(order, "7")[1:3] == ["StepFailed a", "StepFailed a"]


def test_completed_steps_are_undone_in_reverse(trace: Trace, store: str) -> None:
    steps = [
        trace.step("a"),
        trace.step("b", undoes=False),
        trace.step("c"),
        trace.step("d"),
    ]
    order = saga("order", steps, store=store)
    trace.fails("d", ValueError("no"))
    trace.fails("undo c", OSError("not now"), times=1)
    start(order, saga_id="7")
    run(order)
    assert trace.calls == ["a", "b", "c", "d", "d", "undo c", "undo c", "undo a"]
    at_end = status(order, "7")
    assert (at_end.state, at_end.completed) == ("compensated", ())
    assert history(order, "7")[4:] == [
        "StepFailed d",
        "StepFailed d",
        "Compensating d: ValueError: no",
        "CompensationFailed c",
        "StepCompensated c",
        "StepCompensated a",
        "Compensated",
    ]


def test_some_errors_are_not_retried_and_a_doubtful_step_is_undone_itself(
    trace: Trace, store: str
) -> None:
    doubtful = trace.step("b", undo_if_failed=True, give_up_on=(ConnectionError,))
    order = saga("order", [trace.step("a"), doubtful], store=store)
    trace.fails("b", ConnectionResetError("who knows"))
    start(order, saga_id="7")
    run(order)
    assert trace.calls == ["a", "b", "undo b", "undo a"]


def test_a_step_that_cannot_be_undone_waits_for_somebody(
    trace: Trace, store: str
) -> None:
    order = saga("order", [trace.step("a"), trace.step("b")], store=store)
    trace.fails("b", ValueError("no"))
    trace.fails("undo a", OSError("printer on fire"), times=2)
    start(order, saga_id="7")
    run(order)
    stuck = status(order, "7")
    assert (stuck.state, stuck.step, stuck.completed) == ("failed", "a", ("a",))
    assert "printer on fire" in stuck.error
    assert dead_letters("saga:order", store=store) == []
    assert not cancel(order, "7")
    assert resume(order, "7")
    run(order)
    assert status(order, "7").state == "compensated"
    assert not resume(order, "7")
    assert history(order, "7")[-4:] == [
        "Failed a",
        "Resumed a",
        "StepCompensated a",
        "Compensated",
    ]


def test_a_step_that_was_undone_by_hand_is_skipped(trace: Trace, store: str) -> None:
    order = saga("order", [trace.step(name) for name in "abc"], store=store)
    trace.fails("c", ValueError("no"))
    trace.fails("undo b", OSError("no"))
    start(order, saga_id="7")
    assert not resume(order, "7", skip_step=True)
    run(order)
    assert resume(order, "7", skip_step=True)
    run(order)
    assert trace.calls[-3:] == ["undo b", "undo b", "undo a"]
    assert status(order, "7").state == "compensated"


@pytest.mark.parametrize("early", [True, False])
def test_a_step_waits_for_a_signal(trace: Trace, store: str, early: bool) -> None:
    steps = [trace.step("a"), trace.step("b", wait_for="paid", timeout=60)]
    order = saga("order", steps, store=store)
    seen: list[Any] = []
    trace.does["b"] = lambda saga: seen.append(saga.signals)
    start(order, saga_id="7")
    if early:
        signal(order, "7", "paid", {"amount": 3})
    run(order)
    if not early:
        waiting = status(order, "7")
        assert (waiting.state, waiting.waiting_for) == ("waiting", "paid")
        assert waiting.due_at is not None
        assert not resume(order, "7")
        signal(order, "7", "other")
        run(order)
        assert status(order, "7").state == "waiting"
        signal(order, "7", "paid", {"amount": 3})
        run(order)
    assert seen[0]["paid"] == {"amount": 3}
    assert status(order, "7").state == "completed"
    assert not Message.objects.using(store).exists()  # nor its time-out


def test_a_signal_that_does_not_come_in_time(trace: Trace, store: str) -> None:
    steps = [trace.step("a"), trace.step("b", wait_for="paid", timeout=60)]
    order = saga("order", steps, store=store)
    start(order, saga_id="7")
    run(order)
    let_all_come_due(order)
    run(order)
    assert trace.calls == ["a", "undo a"]
    assert "no signal 'paid' came in time" in status(order, "7").error


def test_a_delayed_step_waits_until_it_is_due_or_resumed(
    trace: Trace, store: str
) -> None:
    order = saga("order", [trace.step("a", delay=60)], store=store)
    for saga_id in ("7", "8"):
        start(order, saga_id=saga_id)
    run(order)
    assert (trace.calls, status(order, "7").state) == ([], "waiting")
    assert resume(order, "8")
    run(order)
    assert trace.calls == ["a"]
    let_all_come_due(order)
    run(order)
    assert trace.calls == ["a", "a"]


def test_the_time_of_a_step_bounds_its_attempts(trace: Trace, store: str) -> None:
    late = trace.step("b", max_attempts=9, backoff=60, timeout=30)
    order = saga("order", [trace.step("a"), late], store=store)
    trace.fails("b", ValueError("no"))
    start(order, saga_id="7")
    run(order)
    assert trace.calls == ["a", "b", "undo a"]  # a second one would be too late


def test_the_time_of_a_saga_bounds_all_of_it(trace: Trace, store: str) -> None:
    steps = [trace.step("a"), trace.step("b", wait_for="never")]
    order = saga("order", steps, timeout=3600, store=store)
    start(order, saga_id="7")
    run(order)
    let_all_come_due(order)
    run(order)
    assert trace.calls == ["a", "undo a"]
    assert status(order, "7").error == "timed out after 3600 s"
    start(order, saga_id="8")
    run(order)
    signal(order, "8", "never")
    run(order)
    assert not Message.objects.using(store).exists()  # its time-out is gone


def test_cancelling_undoes_what_was_completed(trace: Trace, store: str) -> None:
    order = saga("order", [trace.step("a"), trace.step("b", delay=60)], store=store)
    start(order, saga_id="7")
    run(order)
    assert cancel(order, "7", reason="out of stock")
    assert not cancel(order, "7")
    run(order)
    assert trace.calls == ["a", "undo a"]
    assert "Compensating out of stock" in history(order, "7")
    assert not Message.objects.using(store).exists()


def test_a_message_of_a_former_turn_does_nothing(trace: Trace, store: str) -> None:
    order = saga("order", [trace.step("a"), trace.step("b", delay=60)], store=store)
    start(order, saga_id="7")
    for turn in (0, 1, 99):
        event_stores[store].enqueue(order.queue, {"saga": "7", "turn": turn})
    event_stores[store].enqueue(order.queue, {"saga": "gone", "turn": 1})
    run(order)
    assert trace.calls == ["a"]
    assert queue_info("saga:order", store=store).depth == 1


@pytest.mark.parametrize("fate", [{"deliveries": 20}, {"attempts": 50}])
def test_a_step_that_kills_its_workers_or_their_transactions_is_given_up(
    trace: Trace, store: str, fate: dict[str, int]
) -> None:
    order = saga("order", [trace.step("a"), trace.step("b")], store=store)
    start(order, saga_id="7")
    take_turn(order)
    Message.objects.using(store).update(**fate)
    run(order)
    assert trace.calls == ["a", "undo a"]
    assert "DeliveredTooOften" in status(order, "7").error


def test_async_steps_write_in_the_same_transaction(store: str) -> None:
    class Note(Step):
        max_attempts = 1
        timeout = 30.0

        async def execute(self, saga: SagaContext) -> int:
            await sync_to_async(leave)(1, store)
            return 1

        async def compensate(self, saga: SagaContext) -> None:
            await sync_to_async(leave)(-1, store)

    class Fail(Note):
        async def execute(self, saga: SagaContext) -> int:
            await sync_to_async(leave)(2, store)
            raise ValueError("no")

    @saga("order", store=store)
    class Order:
        class NoteDown(Note):
            pass

        class FailThen(Fail):
            pass

    assert isinstance(Order, Saga)
    assert [step.name for step in Order.steps] == ["note-down", "fail-then"]
    start(Order, saga_id="7")
    run(Order)
    numbers = Effect.objects.using(store).values_list("number", flat=True)
    assert list(numbers) == [1, -1]


def test_a_result_that_is_no_json_is_a_failure_of_its_step(
    trace: Trace, store: str
) -> None:
    order = saga("order", [trace.step("a", max_attempts=1)], store=store)
    trace.does["a"] = lambda saga: float("nan")
    start(order, saga_id="7")
    run(order)
    assert status(order, "7").state == "compensated"
    assert "InvalidValue: result" in status(order, "7").error


def test_nothing_of_a_turn_is_kept_without_its_lease(trace: Trace, store: str) -> None:
    order = saga("order", [trace.step("a")], store=store)
    trace.does["a"] = lambda saga: leave(1, store)
    start(order, saga_id="7")
    message = next_message(order)
    assert message is not None
    Message.objects.using(store).update(lease=99)  # another has it
    with pytest.raises(LeaseLost):
        handle(order, message)
    assert not Effect.objects.using(store).exists()
    assert status(order, "7").completed == ()
