"""Delivery at least once: leases, what is committed when, and who is refused."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from eventstreaming.exceptions import InvalidArgument, PartitionLost
from eventstreaming.models import Checkpoint, ParkedEvent
from eventstreaming.operations.parked_events import (
    replay_parked_events,
    skip_parked_events,
)
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.partition_leases import partition_leases
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent
from tests.processing.groups import append_keys, numbers_by_key, work_off, worker
from tests.sessions import execute

pytestmark = pytest.mark.django_db(transaction=True)

Numbers = list[int]


def lease(function: Callable[..., Any], **options: Any) -> SubscriptionRunner:
    options = {"delivery": "at_least_once", "source": "order-1", **options}
    return worker(function, **options)


def numbers_to(handled: Numbers) -> Callable[[StoredEvent], None]:
    return lambda event: handled.append(event.data["number"])


def stored() -> int | None:
    return Checkpoint.objects.get().offset


def end_leases() -> None:
    """Let the time-out pass."""
    execute(
        "UPDATE eventstreaming_checkpoint SET leased_until = now() - '1 s'::interval"
    )


def test_handlers_run_outside_a_transaction_and_partitions_are_shared() -> None:
    handled: list[StoredEvent] = []

    def handle(event: StoredEvent) -> None:
        assert not connection.in_atomic_block
        handled.append(event)

    append_keys(300)
    group = lease(handle, source="order-*", partitions=4, batch_size=20)
    other = lease(handle, source="order-*", partitions=4, batch_size=20, owner="two")
    work_off(group, other)
    for key, numbers in numbers_by_key(handled).items():
        assert numbers == [n for n in range(300) if f"{n % 40}-key" == key]
    assert set(Checkpoint.objects.values_list("leased_until", flat=True)) == {None}
    assert sum(Checkpoint.objects.values_list("handled", flat=True)) == 300


def test_who_was_believed_dead_is_refused_and_changes_nothing() -> None:
    append_keys(30)
    slow, fast = Numbers(), Numbers()
    resumed = False

    def be_held_up(event: StoredEvent) -> None:
        """Do not answer until another worker has taken over and gone on."""
        nonlocal resumed
        slow.append(event.data["number"])
        if len(slow) == 15 and not resumed:
            resumed = True
            end_leases()
            assert second.run_batch() is BatchResult.PROGRESSED

    first = lease(be_held_up, batch_size=10)
    second = lease(numbers_to(fast), batch_size=10, owner="two")
    assert first.run_batch() is BatchResult.PROGRESSED
    epoch = Checkpoint.objects.get().epoch
    assert first.run_batch() is BatchResult.LEFT
    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.offset, checkpoint.owner) == (19, "two")
    assert checkpoint.epoch == epoch + 2
    assert fast == list(range(10, 20))
    assert slow == list(range(20))
    work_off(first)
    assert slow == [*range(20), *range(20, 30)]


@pytest.mark.parametrize(
    ("commit", "kept"), [("each", 16), ("batch", 9), (60, None), (0.001, 15)]
)
def test_what_a_crash_leaves(commit: Any, kept: int | None) -> None:
    handled = Numbers()

    def handle(event: StoredEvent) -> None:
        time.sleep(0.002)
        if len(handled) == 17:
            raise PartitionLost("group", 0)  # as if it had died before it
        handled.append(event.data["number"])

    append_keys(30)
    group = lease(handle, batch_size=10, commit=commit)
    assert group.run_batch() is BatchResult.PROGRESSED
    assert group.run_batch() is BatchResult.LEFT
    assert stored() == kept
    end_leases()
    again = Numbers()
    work_off(lease(numbers_to(again), commit=commit, owner="two"))
    assert again == list(range(0 if kept is None else kept + 1, 30))
    assert stored() == 29


def test_commit_by_hand() -> None:
    collected, sent = Numbers(), Numbers()

    def collect(event: StoredEvent, commit: Callable[[], None]) -> None:
        collected.append(event.data["number"])
        if len(collected) == 12:
            sent.extend(collected)
            collected.clear()
            commit()

    append_keys(30)
    group = lease(collect, batch_size=10, commit="manual")
    work_off(group)
    assert (sent, stored()) == (list(range(24)), 23)
    assert Checkpoint.objects.get().leased_until is not None  # it is still collecting
    append_keys(6)
    work_off(group)
    assert (sent[24:], stored()) == ([24, 25, 26, 27, 28, 29, *range(6)], 35)
    append_keys(3)
    work_off(group)
    group.close()
    assert stored() == 35
    again = Numbers()
    work_off(lease(lambda event, commit: again.append(event.offset), commit="manual"))
    assert again == [36, 37, 38]


def test_async_handler_commits_by_hand() -> None:
    async def handle(event: StoredEvent, commit: Callable[[], Any]) -> None:
        if event.offset == 4:
            await commit()

    append_keys(8)
    group = lease(handle, commit="manual")
    work_off(group)
    group.close()
    assert stored() == 4


def test_lease_is_renewed_while_a_handler_runs() -> None:
    append_keys(1)
    seen: list[bool] = []

    def sleep_long(event: StoredEvent) -> None:
        time.sleep(1.0)
        execute("SELECT 1")
        seen.append(Checkpoint.objects.get().leased_until > now())

    group = lease(sleep_long, session_timeout=0.6)
    assert group.run_batch() is BatchResult.PROGRESSED
    assert seen == [True]
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("partition leases") == 1
    held = partition_leases._held
    assert [lease for lease in held if lease.timeout == 0.6] == []


def now() -> Any:
    return execute("SELECT statement_timestamp()")[0][0]


def test_another_number_of_partitions_takes_the_leases() -> None:
    append_keys(100)
    seen: list[StoredEvent] = []

    def handle(event: StoredEvent) -> None:
        seen.append(event)
        if len(seen) == 50:
            lease(handle, source="order-*", partitions=3)

    group = lease(handle, source="order-*", partitions=2, batch_size=10)
    work_off(group)
    assert Checkpoint.objects.count() == 3
    assert sum(Checkpoint.objects.values_list("handled", flat=True)) == 100
    for key, numbers in numbers_by_key(seen).items():
        assert list(dict.fromkeys(numbers)) == sorted(set(numbers)), key
    assert {event.data["number"] for event in seen} == set(range(100))
    assert 100 < len(seen) <= 110  # a batch was not committed


def test_keys_are_parked_and_replayed() -> None:
    poison = {43, 44}
    handled: list[StoredEvent] = []

    def handle(event: StoredEvent) -> None:
        assert not connection.in_atomic_block
        if event.data["number"] in poison:
            raise ValueError("no")
        handled.append(event)

    append_keys(200)
    options = {"source": "order-*", "partitions": 3, "max_attempts": 1}
    group = lease(handle, batch_size=30, **options)
    work_off(group)
    assert len(handled) == 200 - 8
    (skipped,) = ParkedEvent.objects.filter(state=2, key="4-key")
    skip_parked_events("group", [skipped.position])
    poison.clear()
    replay_parked_events("group")
    append_keys(200)
    work_off(group)
    found = numbers_by_key(handled)
    assert found["3-key"] == [3, 43, 83, 123, 163] * 2
    assert found["4-key"] == [4, 84, 124, 164, 4, 44, 84, 124, 164]
    assert sum(Checkpoint.objects.values_list("parked_keys", flat=True)) == 0
    assert ParkedEvent.objects.count() == 0


def test_stopped_at_a_failure_it_goes_on_with_it() -> None:
    handled = Numbers()

    def handle(event: StoredEvent) -> None:
        if event.offset == 5 and len(handled) == 5:
            handled.append(-1)
            raise ValueError("no")
        handled.append(event.offset)

    append_keys(8)
    group = lease(handle, backoff=0, max_attempts=2)
    assert group.run_batch() is BatchResult.FAILED
    assert stored() == 4
    work_off(group)
    assert handled == [0, 1, 2, 3, 4, -1, 5, 6, 7]


@pytest.mark.parametrize(
    "options",
    [
        {"delivery": "twice"},
        {"delivery": "exactly_once", "commit": "each"},
        {"delivery": "exactly_once", "session_timeout": 5},
        {"commit": "sometimes"},
        {"commit": 0},
        {"commit": True},
        {"session_timeout": 0},
        {"commit": "manual", "on_failure": "park"},
    ],
)
def test_options_that_contradict_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        lease(repr, **options)
