"""Claims look only where none has been, and still miss nothing."""

import time
from collections.abc import Iterator

import pytest

from eventstreaming import (
    clock,
    dequeue,
    dequeue_many,
    enqueue,
    enqueue_many,
    event_store,
)
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.postgresql.lanes import (
    BEYOND,
    EVERYTHING,
    LOWEST,
    MOST_LANES,
    RESTART_EVERY,
    Lanes,
    lanes_of,
)
from tests.sessions import execute, sessions

ASKED = LeaseTerms(visibility_timeout=60, max_deliveries=None)


@pytest.fixture
def time_passes() -> Iterator[clock.SimulatedClock]:
    simulated = clock.SimulatedClock()
    with clock.use_clock(simulated):
        yield simulated


@pytest.fixture
def looks_are_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstreaming.backends.postgresql.lanes.REST_AFTER_LOOK", 4)


def claim(lanes: Lanes, *places: tuple[int, int], to_the_end: bool = False) -> None:
    lanes.claimed(
        places,
        ranges=lanes.ranges(),
        generation=lanes.generation,
        to_the_end=to_the_end,
    )


def test_ranges_leave_out_what_was_claimed(time_passes: clock.SimulatedClock) -> None:
    lanes = Lanes()
    assert lanes.ranges() is EVERYTHING
    claim(lanes, (-5, 7), (0, 3))
    claim(lanes, (0, 9))
    assert lanes.ranges() == [(LOWEST, 0, -5), (-5, 7, 0), (0, 9, BEYOND)]


def test_queue_is_walked_again_in_time(time_passes: clock.SimulatedClock) -> None:
    lanes = Lanes()
    claim(lanes, (0, 9))
    time_passes.advance(RESTART_EVERY - 0.01)
    assert lanes.ranges() == [(LOWEST, 0, 0), (0, 9, BEYOND)]
    time_passes.advance(0.01)
    assert lanes.ranges() is EVERYTHING


def test_walk_that_stops_early_forgets_the_lanes_behind(
    time_passes: clock.SimulatedClock,
) -> None:
    lanes = Lanes()
    claim(lanes, (-5, 7), (0, 3), (4, 8), to_the_end=True)
    time_passes.advance(RESTART_EVERY)
    claim(lanes, (0, 1))  # a message before 3 is visible again
    assert lanes.ranges() == [(LOWEST, 0, -5), (-5, 7, 0), (0, 1, BEYOND)]


def test_what_comes_back_is_looked_for(time_passes: clock.SimulatedClock) -> None:
    lanes = Lanes()
    claim(lanes, (-5, 7), (0, 9))
    lanes.step_back(8)
    assert lanes.ranges() == [(LOWEST, 0, -5), (-5, 7, 0), (0, 7, BEYOND)]
    lanes.restart()
    assert lanes.ranges() is EVERYTHING


def test_what_comes_back_during_a_claim_is_looked_for(
    time_passes: clock.SimulatedClock,
) -> None:
    lanes = Lanes()
    claim(lanes, (0, 5))
    before = lanes.generation
    lanes.step_back(3)
    lanes.claimed([(0, 9)], ranges=lanes.ranges(), generation=before, to_the_end=False)
    assert lanes.ranges() == [(LOWEST, 0, 0), (0, 2, BEYOND)]


def test_one_slow_look_saves_no_look(
    time_passes: clock.SimulatedClock, looks_are_saved: None
) -> None:
    lanes = Lanes()
    lanes.looked_again(0.05, found=False)
    assert lanes.may_look_again()
    lanes.looked_again(0.05, found=True)
    lanes.looked_again(0.05, found=False)
    lanes.looked_again(0.001, found=False)
    lanes.looked_again(0.05, found=False)
    assert lanes.may_look_again()


def test_looks_in_vain_that_take_long_are_saved_for_a_while(
    time_passes: clock.SimulatedClock, looks_are_saved: None
) -> None:
    lanes = Lanes()
    lanes.looked_again(0.05, found=False)
    lanes.looked_again(0.05, found=False)
    time_passes.advance(0.19)
    assert not lanes.may_look_again()
    time_passes.advance(0.01)
    assert lanes.may_look_again()


def test_lanes_are_few(time_passes: clock.SimulatedClock) -> None:
    lanes = Lanes()
    claim(lanes, *((rank, rank + 100) for rank in range(50)))
    assert len(lanes.ranges()) == MOST_LANES + 1


@pytest.mark.django_db(transaction=True)
def test_higher_priority_comes_first_whenever_it_was_enqueued() -> None:
    enqueue_many("work", [{"n": n} for n in range(50)])
    for n in range(20):
        assert len(dequeue_many("work", 1, 60)) == 1
        enqueue("work", {"urgent": n}, priority=n % 7 + 1)
        (message,) = dequeue_many("work", 1, 60)
        assert message.data == {"urgent": n}


@pytest.mark.django_db(transaction=True)
def test_what_others_give_back_is_seen_in_time() -> None:
    enqueue_many("work", [{"n": n} for n in range(1_000)])
    first = dequeue("work", 60)
    assert first is not None
    execute(
        "UPDATE eventstreaming_message SET leased_until = 'epoch' WHERE id = %s",
        [int(first.message_id)],
    )
    began = time.monotonic()
    while True:
        (message,) = dequeue_many("work", 1, 60)
        if message.message_id == first.message_id:
            break
    assert time.monotonic() - began < RESTART_EVERY + 1


@pytest.mark.django_db(transaction=True)
def test_dead_rows_that_a_snapshot_pins_are_not_walked_again() -> None:
    with sessions(1) as (holder,):
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT count(*) FROM eventstreaming_queue")
        for _ in range(3):
            enqueue_many("work", [{"n": n} for n in range(1_000)])
        while len(messages := dequeue_many("work", 100, 60)) == 100:
            event_store.acknowledge_many("work", messages)
        enqueue_many("work", [{"n": n} for n in range(30)])
        lanes_of("default", "work").restart()
        walked, saved = claim_costs("work"), claim_costs("work")
        holder.execute("ROLLBACK")
    assert walked > 3_000
    assert saved < 300


def claim_costs(queue: str) -> int:
    """Claim one message; return how many rows were looked at by index."""
    before = looked_at()
    assert len(dequeue_many(queue, 1, 60)) == 1
    return looked_at() - before


def looked_at() -> int:
    execute("SELECT pg_stat_force_next_flush()")
    execute("SELECT pg_stat_clear_snapshot()")
    ((count,),) = execute(
        "SELECT idx_tup_read FROM pg_stat_user_indexes "
        "WHERE indexrelname = 'eventstreaming_message_ready'"
    )
    return int(count)


@pytest.mark.django_db(transaction=True)
def test_one_claim_serves_several_queues_in_turn() -> None:
    for name in ("a", "b", "c"):
        enqueue_many(name, [{"n": n} for n in range(3)])
    event_store.configure_queue("b", paused=True)
    asked = dict.fromkeys(("c", "b", "a"), ASKED)
    found = event_store.claim_many(asked, 5)
    assert [message.stream_name for message in found] == ["c", "c", "c", "a", "a"]
    event_store.configure_queue("b", paused=False)
    found = event_store.claim_many(asked, 5)
    assert [message.stream_name for message in found] == ["b", "b", "b", "a"]
