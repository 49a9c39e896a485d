"""Another number of partitions: nothing is skipped, repeated or out of order."""

import random
import time

import pytest

from eventstreaming import EventData, append
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.resizing import begin_resize, finish_resize
from eventstreaming.types import StoredEvent
from tests.processing.groups import append_keys, numbers_by_key, work_off, worker
from tests.sessions import sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("source", ["order-*", "order-1"])
def test_partitions_change_while_events_come_and_are_handled(source: str) -> None:
    handled: list[StoredEvent] = []
    chance = random.Random(7)
    group = worker(handled.append, source, partitions=4, batch_size=7)
    for partitions in (6, 3, 1, 4):
        append_keys(150)
        for _ in range(chance.randrange(3, 20)):
            group.run_batch()
        old, group = (
            group,
            worker(handled.append, source, partitions=partitions, batch_size=7),
        )
        assert Checkpoint.objects.filter(barrier=None).count() == 0
        append_keys(50)
        work_off(old, group)
        assert Checkpoint.objects.count() == partitions
    assert Subscription.objects.get().partitions == 4
    wanted = [*range(150), *range(50)] * 4
    found = numbers_by_key(handled)
    assert len(handled) == len(wanted)
    for key, numbers in found.items():
        assert numbers == [n for n in wanted if f"{n % 40}-key" == key], key
    assert sum(Checkpoint.objects.values_list("handled", flat=True)) == len(wanted)


def test_no_partition_passes_the_barrier_before_all_have_come_to_it() -> None:
    handled: list[StoredEvent] = []
    append_keys(100)
    group = worker(handled.append, partitions=2, batch_size=10)
    first = handled_by(group, 1)
    begin_resize(Subscription.objects.get(), 5, using="default")
    (barrier,) = set(Checkpoint.objects.values_list("barrier", flat=True))
    assert barrier == first[-1].position
    work_until_resized = 0
    while Checkpoint.objects.count() == 2:
        group.run_batch()
        work_until_resized += 1
        places = Checkpoint.objects.values_list("position", flat=True)
        assert all((place or 0) <= barrier for place in places)
    assert {event.position <= barrier for event in handled} == {True}
    assert set(Checkpoint.objects.values_list("position", flat=True)) == {barrier}
    assert work_until_resized > 0
    work_off(group)
    assert sorted(event.data["number"] for event in handled) == list(range(100))


def handled_by(group: object, batches: int) -> list[StoredEvent]:
    runner, function = group, group.subscription.function  # type: ignore[attr-defined]
    for _ in range(batches):
        assert runner.run_batch() is BatchResult.PROGRESSED  # type: ignore[attr-defined]
    return list(function.__self__)


def test_barrier_waits_for_the_batch_that_is_at_work() -> None:
    append_keys(100)
    group = worker(repr, partitions=2)
    with sessions(2) as (busy, changing):
        busy.begin()
        busy.run(group.run_batch)
        place = busy.execute(
            "SELECT max(position) FROM eventstreaming_checkpoint"  # of its own
        )[0][0]
        begun = changing.start(
            begin_resize, Subscription.objects.get(), 3, using="default"
        )
        time.sleep(0.1)
        assert not begun.done()
        busy.commit()
        begun.result(10)
    assert set(Checkpoint.objects.values_list("barrier", flat=True)) == {place}


def test_change_of_mind_ends_the_change() -> None:
    append_keys(10)
    group = worker(repr, partitions=2)
    group.run_batch()
    worker(repr, partitions=3)
    assert Subscription.objects.get().wanted_partitions == 3
    worker(repr, partitions=2)
    row = Subscription.objects.get()
    assert (row.partitions, row.wanted_partitions) == (2, None)
    assert Checkpoint.objects.exclude(barrier=None).count() == 0
    assert not finish_resize(row, using="default")
    append("order-1", EventData("Counted", {"number": 0}, key="x"))
    assert work_off(group) == [BatchResult.CAUGHT_UP]
