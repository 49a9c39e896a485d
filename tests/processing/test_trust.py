"""Batches without a savepoint for each event, and what happens when one fails."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventstreaming import clock
from eventstreaming.models import Checkpoint, ParkedEvent, Queue
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.trust import CAREFUL_SECONDS
from eventstreaming.types import StoredEvent
from tests.processing.groups import append_keys, work_off, worker

pytestmark = pytest.mark.django_db(transaction=True)

POISON = 7


@pytest.fixture(autouse=True)
def time() -> Iterator[clock.SimulatedClock]:
    """However busy the machine is, a batch is not cut short."""
    with clock.use_clock(clock.SimulatedClock()) as simulated:
        yield simulated


class Handler:
    """Writes a row for each event; `misbehave` is called for one of them."""

    def __init__(self, misbehave: Callable[[], object]) -> None:
        self.misbehave = misbehave
        self.calls: list[int] = []
        self.committed: list[int] = []

    def __call__(self, event: StoredEvent) -> None:
        number = event.data["number"]
        self.calls.append(number)
        Queue.objects.create(name=f"written-{number:04}")
        transaction.on_commit(lambda: self.committed.append(number))
        if number == POISON:
            self.misbehave()


def fail() -> None:
    raise ValueError


def swallow_a_database_error() -> None:
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def swallow_an_error_of_a_model() -> None:
    with suppress(DatabaseError):
        Queue.objects.create(name="written-0000")


def ask_for_a_rollback() -> None:
    transaction.set_rollback(True)


def leave_the_thread() -> None:
    raise SystemExit


def written() -> list[int]:
    return [int(queue.name[-4:]) for queue in Queue.objects.order_by("name")]


def savepoints(queries: CaptureQueriesContext) -> int:
    return sum(q["sql"].startswith("SAVEPOINT") for q in queries.captured_queries)


@pytest.mark.parametrize(
    "misbehave", [fail, swallow_a_database_error, leave_the_thread]
)
def test_only_what_fails_is_undone_and_the_others_take_effect_once(
    misbehave: Callable[[], object],
) -> None:
    handler = Handler(misbehave)
    append_keys(20, keys=20)
    group = worker(handler, careful=False, on_failure="park", max_attempts=1)
    assert work_off(group) == [BatchResult.CAUGHT_UP]
    others = [number for number in range(20) if number != POISON]
    assert written() == handler.committed == others
    assert ParkedEvent.objects.get().key == f"{POISON}-key"
    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.handled, group.handled) == (19, 19)
    # The first call of each is rolled back, whenever the failure was noticed.
    assert handler.calls[-20:] == list(range(20))
    assert len(handler.calls) > 20


@pytest.mark.parametrize("misbehave", [ask_for_a_rollback, swallow_an_error_of_a_model])
def test_one_that_asks_for_a_rollback_takes_no_other_with_it(
    misbehave: Callable[[], object],
) -> None:
    handler = Handler(misbehave)
    append_keys(20)
    group = worker(handler, careful=False)
    assert work_off(group) == [BatchResult.CAUGHT_UP]
    assert written() == [number for number in range(20) if number != POISON]
    assert Checkpoint.objects.get().handled == 20


def test_savepoints_are_made_only_for_a_while_after_a_failure(
    time: clock.SimulatedClock,
) -> None:
    errors: list[BaseException] = [ValueError()]

    def fail_once() -> None:
        if errors:
            raise errors.pop()

    handler = Handler(fail_once)
    group = worker(handler, careful=False)
    for first, expected in ((10, 10), (20, 10), (30, 0), (40, 0)):
        append_keys(10)
        with CaptureQueriesContext(connection) as queries:
            Queue.objects.all().delete()
            assert group.run_batch() is BatchResult.PROGRESSED
        assert (first, savepoints(queries)) == (first, expected)
        if first == 20:
            time.advance(CAREFUL_SECONDS)
    assert handler.calls == [
        *range(POISON + 1),
        *range(10),
        *range(10),
        *range(10),
        *range(10),
    ]


def test_event_that_has_failed_before_is_not_trusted_by_another_worker() -> None:
    handler = Handler(fail)
    append_keys(20)
    options: dict[str, Any] = {"on_failure": "stop", "max_attempts": 3, "backoff": 0}
    options["careful"] = False
    assert worker(handler, **options).run_batch() is BatchResult.FAILED
    handler.calls.clear()
    assert worker(handler, owner="two", **options).run_batch() is BatchResult.FAILED
    assert handler.calls == [POISON]
    assert written() == list(range(POISON))


def test_batches_grow_where_they_take_no_time(time: clock.SimulatedClock) -> None:
    sizes: list[int] = []
    append_keys(5_100)
    group = worker(lambda event: None, "order-1", careful=False)
    while group.run_batch() is BatchResult.PROGRESSED:
        offset = Checkpoint.objects.get().offset
        assert offset is not None
        sizes.append(offset + 1 - sum(sizes))
    assert sizes == [100, 200, 400, 800, 1_600, 2_000]
    slow = worker(lambda event: time.advance(0.001), "order-1", name="slow")
    slow.run_batch()
    assert slow.handled == 100
    slow.run_batch()
    assert slow.handled == 200
    asked = worker(lambda event: None, "order-1", name="asked", batch_size=30)
    asked.run_batch()
    asked.run_batch()
    assert asked.handled == 60
