"""Real orders through a saga, whose workers are killed and whose steps fail."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from demo_project.shop.demo.order_files import SAMPLE, read_orders
from eventstreaming import queue_info, read_category
from eventstreaming.models import Saga
from eventstreaming.sagas import start
from tests.queue_proofs.processes import FULL, consumers, wait_while
from tests.workerapp.models import Effect
from tests.workerapp.sagas import STEPS, proof, refuses

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS, WORKERS, KILLS = (2_000, 4, 30) if FULL else (60, 2, 2)
SECONDS = 2_000.0 if FULL else 60.0
ENDED = (Saga.State.COMPLETED, Saga.State.COMPENSATED)


def test_every_order_is_completed_or_compensated_and_no_step_is_there_twice(
    tmp_path: Path, say: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "CRITICAL")  # failures are the rule here
    orders = read_orders(SAMPLE)[:ORDERS]
    began = time.monotonic()
    with transaction.atomic():
        for number, order in enumerate(orders):
            start(
                proof,
                {"number": number, "reference": order.reference},
                saga_id=order.reference,
            )
    with consumers("sagas", tmp_path) as some:
        some.start(WORKERS)
        for kill in range(KILLS):
            left = ORDERS * (KILLS - kill) // (KILLS + 1)
            wait_while(lambda left=left: remaining() > left, SECONDS, "nothing moves")
            some.kill_one()
        wait_while(lambda: remaining() > 0, SECONDS, "sagas are left")
        kills = some.kills
    seconds = time.monotonic() - began

    ends = dict(Saga.objects.values_list("saga_id", "state"))
    effects: dict[int, list[str]] = defaultdict(list)
    for number, kind in Effect.objects.order_by("pk").values_list("number", "kind"):
        effects[number].append(kind)
    told: dict[str, list[str]] = defaultdict(list)
    attempts = 0
    for event in read_category("saga"):
        attempts += event.event_type in ("SagaStepFailed", "SagaCompensationFailed")
        saga_id = event.stream_name.removeprefix("saga-proof/")
        if event.event_type == "SagaStepCompleted":
            told[saga_id].append(event.data["step"])
        elif event.event_type == "SagaStepCompensated":
            told[saga_id].append(f"undo {event.data['step']}")
        elif event.event_type in ("SagaCompleted", "SagaCompensated"):
            told[saga_id].append(event.event_type)
    for number, order in enumerate(orders):
        refused = [name for name in STEPS if refuses(name, number)]
        done = list(STEPS[: STEPS.index(refused[0])] if refused else STEPS)
        undone = [f"undo {name}" for name in reversed(done)] if refused else []
        state = "compensated" if refused else "completed"
        assert ends[order.reference] == state, order
        assert effects[number] == [*done, *undone], order
        end = "SagaCompensated" if refused else "SagaCompleted"
        assert told[order.reference] == [*done, *undone, end], order
    assert queue_info(proof.queue, exact=True).depth == 0
    assert queue_info(proof.queue, exact=True).dead == 0
    count = Counter(ends.values())
    say(
        f"{ORDERS:,} orders in {seconds:.0f} s: {count['completed']:,} completed, "
        f"{count['compensated']:,} compensated; {attempts:,} attempts failed, "
        f"{kills} kills, no effect twice"
    )
    assert kills == KILLS


def remaining() -> int:
    return Saga.objects.exclude(state__in=ENDED).count()
