"""Steps that take too long, in a real worker."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from eventstreaming import dead_letters, enqueue
from eventstreaming.processing.registry import Handlers
from eventstreaming.processing.worker import Worker
from eventstreaming.sagas import SagaContext, Step, saga, start, status
from tests.processing.sagas.driving import Trace, history, own_registries
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handlers() -> Iterator[Handlers]:
    with own_registries() as found:
        yield found


@pytest.fixture
def trace() -> Trace:
    return Trace()


def sleep_for_ever(saga: SagaContext) -> None:
    Effect.objects.create(kind="slow", number=1)
    while True:
        with suppress(Exception):  # as steps like to do
            time.sleep(0.005)


class SleepAsync(Step):
    name = "b"
    timeout = 0.2

    async def execute(self, saga: SagaContext) -> Any:
        await asyncio.sleep(600)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_step_that_takes_too_long_is_interrupted_and_given_up(
    handlers: Handlers, trace: Trace, kind: str
) -> None:
    late: Step = trace.step("b", timeout=0.2, max_attempts=9)
    trace.does["b"] = sleep_for_ever
    if kind == "async":
        late = SleepAsync()
    order = saga("order", [trace.step("a"), late])
    start(order, saga_id="7")
    began = time.monotonic()
    assert Worker(threads=1, batch=True, registry=handlers).run()
    assert time.monotonic() - began < 10
    ended = status(order, "7")
    assert ended.state == "compensated"
    assert "time" in ended.error
    assert history(order, "7")[2:3] == ["StepFailed b"]  # one attempt
    assert not Effect.objects.exists()


def test_a_message_that_no_saga_wrote_is_a_dead_letter(
    handlers: Handlers, trace: Trace
) -> None:
    saga("order", [trace.step("a")])
    for data in ({}, {"saga": 7}, [1], {"turn": 1, "seconds": "x"}):
        enqueue("saga:order", data if isinstance(data, dict) else {"list": data})
    enqueue("saga:order", {"saga": "gone"})
    assert Worker(threads=1, batch=True, registry=handlers).run()
    assert len(dead_letters("saga:order")) == 4
