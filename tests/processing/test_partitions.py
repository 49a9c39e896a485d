"""Partitions: each event once, the order of each key, steady and even shares."""

import time
from collections import Counter

import pytest

from eventstreaming import EventData, append, event_store
from eventstreaming.exceptions import HandlerConflict, InvalidArgument
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing import choosing, place_keeping
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.partitions import bucket_ranges
from eventstreaming.types import StoredEvent
from tests.processing.groups import append_keys, numbers_by_key, work_off, worker
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("count", [1, 3, 4, 8, 1000, 1024])
def test_every_bucket_is_in_one_share_and_shares_are_even(count: int) -> None:
    ranges = bucket_ranges(count)
    buckets = [n for first, last in ranges for n in range(first, last + 1)]
    assert buckets == list(range(1024))
    assert len(ranges) == count
    sizes = {last - first for first, last in ranges}
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("source", ["order-*", "order-1", "*"])
def test_each_event_is_handled_once_and_keys_keep_their_order(source: str) -> None:
    handled: list[StoredEvent] = []
    append_keys(500)
    append("user-1", EventData("Other", {"number": 0}, key="other"))
    group = worker(handled.append, source, partitions=4, batch_size=20)
    assert work_off(group) == [BatchResult.CAUGHT_UP]
    append_keys(200)
    work_off(group)

    wanted = [*range(500), *range(200)]
    for key, numbers in numbers_by_key(handled).items():
        if key != "other":
            assert numbers == [n for n in wanted if f"{n % 40}-key" == key], key
    assert len(handled) == 700 + (source == "*")
    counts = Checkpoint.objects.values_list("handled", flat=True)
    assert sum(counts) == len(handled)
    assert min(counts) > 0
    places = Checkpoint.objects.values_list("offset", "position")
    assert set(places) == {
        (699, None) if source == "order-1" else (None, event_store.fence())
    }


def test_events_are_spread_where_no_order_is_wanted() -> None:
    handled: list[StoredEvent] = []
    append_keys(400, keys=1)
    group = worker(handled.append, partitions=4, partition_by="event")
    work_off(group)
    assert sorted(event.data["number"] for event in handled) == list(range(400))
    assert min(Checkpoint.objects.values_list("handled", flat=True)) > 0


def test_a_failing_event_holds_only_its_partition() -> None:
    handled: list[StoredEvent] = []

    def handle(event: StoredEvent) -> None:
        if event.key == "3-key":
            raise ValueError("no")
        handled.append(event)

    append_keys(200)
    group = worker(handle, partitions=8, backoff=60, on_failure="stop")
    while (result := group.run_batch()) in (BatchResult.PROGRESSED, BatchResult.FAILED):
        pass
    assert result is BatchResult.WAITING
    done = numbers_by_key(handled)
    held = Checkpoint.objects.get(attempts=1)
    for n in range(40):
        bucket = event_bucket(f"{n}-key")
        if not held.first_bucket <= bucket <= held.last_bucket:
            assert len(done[f"{n}-key"]) == 5


def event_bucket(key: str) -> int:
    ((bucket,),) = set(
        execute("SELECT bucket FROM eventstreaming_event WHERE key = %s", [key])
    )
    return int(bucket)


def test_a_worker_keeps_its_partitions_and_helps_only_when_it_has_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append_keys(800)
    one = worker(repr, partitions=4, batch_size=10)
    two = worker(repr, partitions=4, batch_size=10, owner="two")
    two_alone = Counter(two.run_batch() for _ in range(40))
    assert two_alone == {BatchResult.PROGRESSED: 40}
    assert owners() == {"two": 4}
    # All are the other's, which was here just now.
    assert one.run_batch() is BatchResult.LEFT
    assert owners() == {"two": 4}
    # It has gone away, which shows when events lie there for a while.
    execute(
        "UPDATE eventstreaming_checkpoint SET looked_at = now() - '1 min'::interval"
    )
    monkeypatch.setattr(choosing, "HELP_AFTER", -1.0)
    assert one.run_batch() is BatchResult.PROGRESSED
    assert owners() == {"two": 3, "one": 1}


def test_who_has_nothing_waits_for_a_share_of_the_richest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append_keys(800)
    one = worker(repr, partitions=4, batch_size=10)
    two = worker(repr, partitions=4, batch_size=10, owner="two")
    for _ in range(8):
        one.run_batch()
    monkeypatch.setattr(choosing, "SHARE_AFTER", -1.0)
    monkeypatch.setattr(choosing, "HELP_AFTER", 60.0)
    two.run_batch()
    with sessions(2) as (busy, poor):
        busy.begin()
        busy.execute("SELECT 1 FROM eventstreaming_checkpoint FOR UPDATE")
        waiting = poor.start(two.run_batch)
        time.sleep(0.1)
        assert not waiting.done()
        busy.commit()
        assert waiting.result(10) is BatchResult.PROGRESSED
    for _ in range(4):
        two.run_batch()
    assert owners() == {"one": 2, "two": 2}


def owners() -> dict[str, int]:
    return dict(Counter(Checkpoint.objects.values_list("owner", flat=True)))


def test_source_and_sharing_cannot_change() -> None:
    worker(repr, partitions=2)
    with pytest.raises(HandlerConflict, match="is partitioned by 'event' now"):
        worker(repr, partitions=2, partition_by="event")
    with pytest.raises(HandlerConflict, match="reads 'order-1' now"):
        worker(repr, "order-1", partitions=2)
    assert Subscription.objects.get().partitions == 2


@pytest.mark.parametrize(
    "options",
    [
        {"partitions": 0},
        {"partitions": 1025},
        {"partitions": True},
        {"partition_by": "stream"},
    ],
)
def test_wrong_partitions_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        worker(repr, **options)


def test_events_that_fall_into_one_bucket_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(place_keeping, "LOOK_AFTER", 30)
    append("order-1", [EventData("Counted", {"number": n}) for n in range(50)])
    for number, source in enumerate(["order-1", "order-*", "*"]):
        work_off(worker(repr, source, name=f"alone-{number}", partitions=3))
    work_off(worker(repr, name="one", partitions=1))
    work_off(worker(repr, name="any", partitions=3, partition_by="event"))
    warnings = [text for text in caplog.messages if "one bucket" in text]
    assert len(warnings) == 3
    assert "order-* all fall into one bucket, so one of 3 partitions" in warnings[1]
    append_keys(50)
    caplog.clear()
    work_off(worker(repr, name="spread", partitions=3, batch_size=20))
    assert "one bucket" not in caplog.text
