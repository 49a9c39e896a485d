"""Sagas between sessions: who waits for whom, and who comes too late."""

from collections.abc import Iterator
from threading import Barrier

import pytest
from django.db import transaction

from eventstreaming import event_store
from eventstreaming.exceptions import LeaseLost, SagaBusy
from eventstreaming.sagas import (
    Saga,
    SagaContext,
    cancel,
    resume,
    saga,
    signal,
    start,
    status,
)
from eventstreaming.testing import pass_time
from tests.processing.sagas.driving import (
    Trace,
    handle,
    history,
    next_message,
    own_registries,
    run,
    take_turn,
)
from tests.sessions import Session, execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trace() -> Trace:
    return Trace()


@pytest.fixture
def order(trace: Trace) -> Iterator[Saga]:
    with own_registries():
        steps = [trace.step("a"), trace.step("b", wait_for="paid", timeout=60)]
        yield saga("order", steps)


def start_when_all_are_there(saga: Saga, barrier: Barrier) -> bool:
    barrier.wait(10)
    with transaction.atomic():
        return start(saga, {"n": 1}, saga_id="7").created


def test_of_many_starts_with_one_id_one_starts_it(order: Saga, trace: Trace) -> None:
    barrier = Barrier(4)
    with sessions(4) as several:
        begun = [one.start(start_when_all_are_there, order, barrier) for one in several]
        created = [one.result(timeout=30) for one in begun]
    assert sorted(created) == [False, False, False, True]
    run(order)
    assert trace.calls == ["a"]


def test_a_turn_that_is_delivered_twice_is_taken_once(
    order: Saga, trace: Trace
) -> None:
    start(order, saga_id="7")
    first = next_message(order)
    assert first is not None
    pass_time(3600)
    second = next_message(order)
    assert second is not None

    def take(holder: Session, barrier: Barrier) -> object:
        return holder.start(lambda: (barrier.wait(10), handle(order, second)))

    with sessions(1) as (other,):
        barrier = Barrier(2)

        def meet(saga: SagaContext) -> None:
            if len(trace.calls) == 1:  # the other's call comes after the rollback
                barrier.wait(10)  # both hold a delivery; the other waits for the row

        trace.does["a"] = meet
        begun = take(other, barrier)
        try:
            handle(order, first)
        except LeaseLost:
            pass
        else:
            raise AssertionError("a former holder's turn was accepted")
        begun.result(timeout=30)  # type: ignore[attr-defined]
    assert status(order, "7").completed == ("a",)
    assert history(order, "7").count("StepCompleted a") == 1


def test_a_signal_waits_for_no_step_and_operators_are_told(
    order: Saga, trace: Trace
) -> None:
    start(order, saga_id="7")
    reached, go_on = Barrier(2), Barrier(2)

    def stay(saga: SagaContext) -> None:
        reached.wait(10)
        go_on.wait(10)

    trace.does["a"] = stay
    with sessions(1) as (worker,):
        step = worker.start(take_turn, order)
        reached.wait(10)
        execute("SET lock_timeout = '2s'")
        signal(order, "7", "paid")
        for ask in (cancel, resume):
            with pytest.raises(SagaBusy, match="order"):
                ask(order, "7")
        execute("RESET lock_timeout")
        go_on.wait(10)
        step.result(timeout=30)
    run(order)
    assert status(order, "7").state == "completed"
    assert trace.calls == ["a", "b"]


def test_a_signal_and_its_time_out_at_once_are_one_of_both(
    order: Saga, trace: Trace
) -> None:
    start(order, saga_id="7")
    run(order)
    pass_time(3600)
    late = next_message(order)
    assert late is not None
    signal(order, "7", "paid")
    come = next_message(order)
    assert come is not None
    handle(order, come)  # which takes the time-out's message away
    with pytest.raises(LeaseLost):
        handle(order, late)
    run(order)
    assert trace.calls == ["a", "b"]
    assert event_store.queue_info(order.queue).depth == 0


def test_an_outage_in_a_step_is_not_the_steps_failure(
    order: Saga, trace: Trace
) -> None:
    start(order, saga_id="7")

    def break_down(saga: SagaContext) -> None:
        execute("SELECT pg_terminate_backend(pg_backend_pid())")

    trace.does["a"] = break_down
    with sessions(1) as (worker,), pytest.raises(Exception, match=r"terminat|closed"):
        worker.run(take_turn, order)
    assert status(order, "7").attempts == 0
    trace.does.clear()
    pass_time(3600)
    run(order)
    assert status(order, "7").completed == ("a",)
