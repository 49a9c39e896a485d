"""When the place of a partition is saved that has no events of its own."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append, clock, event_store
from eventstreaming.backends.waking.polling import Polling
from eventstreaming.models import Checkpoint
from eventstreaming.processing.activity import Activity
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.loops import SAVE_EVERY, SubscriptionLoop
from tests.processing.groups import append_keys, worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulated() -> Iterator[clock.SimulatedClock]:
    with clock.use_clock(clock.SimulatedClock()) as time_of_test:
        yield time_of_test


def append_elsewhere() -> None:
    append("user-1", EventData("Other", {}))


def is_at_the_fence() -> bool:
    return Checkpoint.objects.get().position == event_store.fence()


def statements_of(call: Callable[[], object]) -> list[str]:
    """Return the first words of what a call executes, but for its transaction's."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call()
    words = [query["sql"].split()[0] for query in captured.captured_queries]
    return [word for word in words if word in ("SELECT", "UPDATE", "SET")]


def test_place_moves_with_other_events_now_and_then(
    simulated: clock.SimulatedClock,
) -> None:
    group = worker(lambda event: None)
    group.save_every = SAVE_EVERY
    append_elsewhere()
    assert statements_of(group.run_batch).count("UPDATE") == 1
    assert is_at_the_fence()
    for _ in range(3):  # the fence moves, and nothing is written
        append_elsewhere()
        assert "UPDATE" not in statements_of(group.run_batch)
        assert not is_at_the_fence()
    assert group.save_again_at == clock.monotonic() + SAVE_EVERY

    append_keys(1)  # an event of its own is saved at once
    assert group.run_batch() is BatchResult.PROGRESSED
    append_elsewhere()
    group.run_batch()
    assert not is_at_the_fence()
    simulated.advance(SAVE_EVERY)
    group.run_batch()
    assert is_at_the_fence()
    assert group.save_again_at is None


def test_place_is_saved_though_nothing_more_comes() -> None:
    """So retention, lag and wait_until_processed() are late by a moment at most."""
    activity, stop = Activity(), threading.Event()
    loop = SubscriptionLoop(
        worker(lambda event: None),
        activity=activity,
        stop=stop,
        polling=Polling(longest=30, longest_live=30),
        listens=False,
    )
    activity.join(loop.name)
    append_elsewhere()
    loop.runner.run_batch()
    append_elsewhere()
    loop.runner.run_batch()
    assert not is_at_the_fence()
    loop._polling._pause = 30.0  # as after a long time of nothing
    thread = threading.Thread(target=run_and_hang_up, args=[loop])
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not is_at_the_fence() or not activity.all_done():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        stop.set()
        loop.ring()
        thread.join()


def run_and_hang_up(loop: SubscriptionLoop) -> None:
    try:
        loop.run()
    finally:
        connection.close()


def test_looking_at_a_stream_takes_one_statement() -> None:
    group = worker(lambda event: None, "order-1", careful=False)
    append_keys(3)
    assert group.run_batch() is BatchResult.PROGRESSED
    group.run_batch()
    assert statements_of(group.run_batch) == ["SELECT"]
