"""A failing event sets its key aside: nothing else waits, and order is kept."""

import time
from typing import Any

import pytest

from eventstreaming import EventData, append, truncate_stream
from eventstreaming.exceptions import InvalidArgument, ParkedEventNotFound
from eventstreaming.models import Checkpoint
from eventstreaming.operations.parked_events import (
    edit_parked_event,
    parked_events,
    replay_parked_events,
    skip_parked_events,
)
from eventstreaming.processing import subscriptions
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent
from tests.processing.groups import append_keys, numbers_by_key, work_off, worker
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)


class Handler:
    """Fails on some numbers, as often as it is told."""

    def __init__(self, *poison: int) -> None:
        self.poison = set(poison)
        self.handled: list[StoredEvent] = []
        self.tried: list[int] = []

    def __call__(self, event: StoredEvent) -> None:
        number = event.data["number"]
        self.tried.append(number)
        if number in self.poison:
            raise ValueError(f"number {number}")
        self.handled.append(event)

    def numbers(self, key: str) -> list[int]:
        return numbers_by_key(self.handled).get(key, [])


def parked(handler: Handler, **options: Any) -> SubscriptionRunner:
    """Let a group handle 200 events of 40 keys."""
    options = {"partitions": 4, "max_attempts": 1, "batch_size": 20, **options}
    group = worker(handler, **options)
    append_keys(200)
    work_off(group)
    return group


def test_others_go_on_and_the_key_is_finished_in_order() -> None:
    handler = Handler(43)
    group = parked(handler)
    assert handler.numbers("3-key") == [3]
    assert len(handler.handled) == 200 - 4
    append_keys(200)
    assert work_off(group) == [BatchResult.CAUGHT_UP]
    rows = parked_events("group")
    assert [row.state for row in rows] == ["failed"] + ["behind"] * 8
    assert "ValueError: number 43" in rows[0].error
    assert [row.attempts for row in rows] == [1] + [0] * 8
    assert parked_events("group", failed=True) == rows[:1]
    assert parked_events("group", key="3-key", limit=2) == rows[:2]
    assert parked_events("other") == []
    assert sum(Checkpoint.objects.values_list("parked_keys", flat=True)) == 1

    assert replay_parked_events("group", ["no such key"]) == []
    assert work_off(group) == [BatchResult.CAUGHT_UP]
    assert replay_parked_events("group") == ["3-key"]  # and fails again
    work_off(group)
    assert handler.tried.count(43) == 2
    assert handler.numbers("3-key") == [3]
    handler.poison.clear()
    assert replay_parked_events("group", ["3-key"]) == ["3-key"]
    append_keys(200)
    work_off(group)
    assert handler.numbers("3-key") == [3, 43, 83, 123, 163] * 3
    assert parked_events() == []
    assert sum(Checkpoint.objects.values_list("parked_keys", flat=True)) == 0
    assert sum(Checkpoint.objects.values_list("handled", flat=True)) == 600


def test_it_is_replayed_by_others_when_the_worker_that_parked_it_is_gone() -> None:
    """No event has come since, so nothing else makes them turn to its partition."""
    handler = Handler(43)
    parked(handler)
    handler.poison.clear()
    other = worker(handler, partitions=4, max_attempts=1, owner="two")
    replay_parked_events("group")
    execute(
        "UPDATE eventstreaming_checkpoint SET looked_at = now() - '1 min'::interval"
    )
    deadline = time.monotonic() + 10
    while parked_events("group") and time.monotonic() < deadline:
        other.run_batch()
        time.sleep(0.02)
    assert handler.numbers("3-key") == [3, 43, 83, 123, 163]
    assert other.run_batch() is BatchResult.CAUGHT_UP


def test_it_is_tried_again_by_itself_and_others_do_not_wait() -> None:
    handler = Handler(43)
    group = parked(handler, max_attempts=3, backoff=[0.05, 60])
    assert len(handler.handled) >= 200 - 4
    deadline = time.monotonic() + 10
    while handler.tried.count(43) < 2 and time.monotonic() < deadline:
        group.run_batch()
    assert group.run_batch() is BatchResult.WAITING
    assert handler.tried.count(43) == 2
    handler.poison.clear()
    execute("UPDATE eventstreaming_parkedevent SET retry_at = now()")
    work_off(group)
    assert handler.numbers("3-key") == [3, 43, 83, 123, 163]


def test_skipped_event_lets_those_behind_it_go_on() -> None:
    handler = Handler(43, 123)
    group = parked(handler)
    (head, *behind) = parked_events("group")
    assert skip_parked_events("group", [head.position]) == 1
    assert skip_parked_events("group", [head.position]) == 0
    work_off(group)
    assert handler.numbers("3-key") == [3, 83]
    (head, last) = parked_events("group")
    assert (head.position, head.state) == (behind[1].position, "failed")
    assert skip_parked_events("group", [last.position]) == 1  # behind the head
    assert parked_events("group")[0].state == "failed"
    assert skip_parked_events("group", [head.position]) == 1
    assert sum(Checkpoint.objects.values_list("parked_keys", flat=True)) == 0
    append_keys(200)
    handler.poison.clear()
    work_off(group)
    assert handler.numbers("3-key") == [3, 83, 3, 43, 83, 123, 163]


def test_skipping_waits_for_the_batch_that_is_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_BATCH_SECONDS", 30.0)
    handler = Handler(43)
    group = parked(handler)
    (head, *_) = parked_events("group")
    handler.poison.clear()
    replay_parked_events("group")
    with sessions(2) as (busy, operator):
        busy.begin()
        busy.run(group.run_batch)
        skipped = operator.start(skip_parked_events, "group", [head.position])
        time.sleep(0.1)
        assert not skipped.done()
        busy.commit()
        assert skipped.result(10) == 0
    assert handler.numbers("3-key") == [3, 43, 83, 123, 163]


def test_edited_data_reaches_the_handler_and_the_event_stays_as_it_is() -> None:
    handler = Handler(43)
    group = parked(handler)
    (head, *_) = parked_events("group")
    edit_parked_event("group", head.position, {"number": 1000})
    replay_parked_events("group")
    work_off(group)
    assert handler.numbers("3-key") == [3, 1000, 83, 123, 163]
    (kept,) = execute(
        "SELECT data->>'number' FROM eventstreaming_event WHERE position = %s",
        [head.position],
    )
    assert kept == ("43",)
    with pytest.raises(ParkedEventNotFound, match=f"position {head.position}"):
        edit_parked_event("group", head.position, {"number": 1})


@pytest.mark.parametrize("data", [None, {"number": float("nan")}, object()])
def test_data_that_no_event_may_have_is_refused(data: object) -> None:
    parked(Handler(43))
    (head, *_) = parked_events("group")
    with pytest.raises(InvalidArgument):
        edit_parked_event("group", head.position, data)


def test_without_an_order_only_the_event_is_parked() -> None:
    handler = Handler(43, 44)
    group = parked(handler, partition_by="event")
    assert len(handler.handled) == 198
    handler.poison.clear()
    assert len(replay_parked_events("group")) == 2
    work_off(group)
    assert len(handler.handled) == 200


def test_keys_stay_parked_when_partitions_change() -> None:
    handler = Handler(43, 44, 45)
    parked(handler)
    group = worker(handler, partitions=7, max_attempts=1)
    append_keys(200)
    work_off(group)
    assert sum(Checkpoint.objects.values_list("parked_keys", flat=True)) == 3
    handler.poison.clear()
    replay_parked_events("group")
    work_off(group)
    for key in ("3-key", "4-key", "5-key"):
        first = int(key[0])
        assert handler.numbers(key) == [first + 40 * n for n in range(5)] * 2


def test_removed_event_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    handler = Handler(3)
    group = parked(handler, source="order-1")
    truncate_stream("order-1", 44)
    handler.poison.clear()
    replay_parked_events("group")
    work_off(group)
    assert handler.numbers("3-key") == [83, 123, 163]
    assert "was removed; it is passed over" in caplog.text


def test_one_partition_parks_where_that_is_wanted() -> None:
    handler = Handler(43)
    append("order-1", [EventData("Counted", {"number": n}) for n in range(50)])
    append("order-2", [EventData("Counted", {"number": n}) for n in range(40)])
    group = worker(handler, on_failure="park", max_attempts=1)
    work_off(group)
    assert handler.numbers("order-1") == list(range(43))
    assert handler.numbers("order-2") == list(range(40))
    assert len(parked_events("group", key="order-1")) == 7
