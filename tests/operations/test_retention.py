"""Pruning removes what is beyond the bounds, and nothing that is newer."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import override_settings

from eventstreaming import (
    append,
    clock,
    configure_stream,
    create_stream,
    delete_stream,
    event_stores,
    read_all,
    read_stream,
    stream_info,
)
from eventstreaming.exceptions import InvalidArgument, UnsupportedOperation
from eventstreaming.models import Event, Stream
from eventstreaming.operations.retention import PruneReport, prune_streams
from eventstreaming.operations.windows import DailyWindow
from eventstreaming.types import EventData
from tests.operations.histories import DAY, write_history

pytestmark = pytest.mark.django_db(databases=["default", "sqlite"])

STORES = {
    "default": {},
    "sqlite": {"OPTIONS": {"database": "sqlite"}},
    "memory": {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"},
}


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    with override_settings(EVENT_STORES=STORES):
        event_stores.forget()
        yield
    event_stores.forget()


@pytest.fixture(params=["default", "sqlite"])
def store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def kept(name: str, store: str) -> list[int]:
    return [event.offset for event in read_stream(name, store=store)]


def test_old_events_are_removed_and_no_newer_one(store: str) -> None:
    write_history("orders", [9 * DAY, 8 * DAY, 6 * DAY, DAY], using=store)
    configure_stream("orders", max_age=7 * DAY, store=store)
    assert prune_streams(store=store) == PruneReport(streams=1, events=2)
    assert kept("orders", store) == [2, 3]
    assert stream_info("orders", store=store).first_offset == 2
    assert prune_streams(store=store) == PruneReport()


def test_event_behind_a_newer_one_stays(store: str) -> None:
    """A clock that was set back makes an older time follow a newer one."""
    write_history("orders", [9 * DAY, DAY, 9 * DAY, DAY], using=store)
    configure_stream("orders", max_age=7 * DAY, store=store)
    prune_streams(store=store)
    assert kept("orders", store) == [1, 2, 3]


def test_all_events_may_be_too_old(store: str) -> None:
    write_history("orders", [9 * DAY] * 3, using=store)
    configure_stream("*", max_age=7 * DAY, store=store)
    assert prune_streams(store=store).events == 3
    assert kept("orders", store) == []
    (event,) = append("orders", EventData("New", {}), store=store)
    assert event.offset == 3


def test_newest_events_are_kept_by_count(store: str) -> None:
    write_history("orders", [0] * 10, using=store)
    write_history("few", [0] * 2, using=store)
    configure_stream("*", max_count=3, store=store)
    assert prune_streams(store=store) == PruneReport(streams=1, events=7)
    assert kept("orders", store) == [7, 8, 9]
    assert kept("few", store) == [0, 1]


def test_newest_events_are_kept_by_size(store: str) -> None:
    write_history("orders", [0] * 10, using=store, data="x" * 1_000)
    configure_stream("orders", max_bytes=3_100, store=store)
    assert prune_streams(store=store).events == 7
    assert kept("orders", store) == [7, 8, 9]
    configure_stream("orders", max_bytes=10_000, store=store)
    assert prune_streams(store=store).events == 0


def test_event_goes_when_it_is_beyond_any_bound(store: str) -> None:
    write_history("orders", [9 * DAY] * 4 + [0] * 4, using=store)
    configure_stream("orders", max_age=7 * DAY, max_count=6, store=store)
    prune_streams(store=store)
    assert kept("orders", store) == [4, 5, 6, 7]
    configure_stream("orders", max_count=1, store=store)
    prune_streams(store=store)
    assert kept("orders", store) == [7]


@pytest.fixture
def clicks(store: str) -> list[int]:
    """Write a concurrent stream, whose offsets have gaps; return them."""
    create_stream("clicks", concurrent=True, store=store)
    event, found = EventData("Clicked", {"text": "x" * 1_000}), []
    for _ in range(5):
        append("other", event, store=store)
        found += append("clicks", [event] * 2, store=store)
    return [stored.offset for stored in found]


def test_concurrent_stream_is_pruned_by_count(clicks: list[int], store: str) -> None:
    configure_stream("clicks", max_count=3, store=store)
    assert prune_streams(store=store) == PruneReport(streams=1, events=7)
    assert kept("clicks", store) == clicks[-3:]
    assert prune_streams(store=store) == PruneReport()


def test_concurrent_stream_is_pruned_by_size(clicks: list[int], store: str) -> None:
    configure_stream("clicks", max_bytes=4_400, store=store)
    prune_streams(store=store)
    assert kept("clicks", store) == clicks[-4:]
    configure_stream("clicks", max_bytes=1, store=store)
    prune_streams(store=store)
    assert kept("clicks", store) == []
    (event,) = append("clicks", EventData("Clicked", {}), store=store)
    assert list(read_stream("clicks", clicks[-1] + 1, store=store)) == [event]


def test_concurrent_stream_is_pruned_by_age(store: str) -> None:
    kind = Stream.Kind.CONCURRENT
    write_history("clicks", [9 * DAY, 8 * DAY, DAY, 8 * DAY, 0], using=store, kind=kind)
    configure_stream("clicks", max_age=7 * DAY, store=store)
    assert prune_streams(store=store) == PruneReport(streams=1, events=2)
    assert kept("clicks", store) == [2, 3, 4]


def test_streams_without_bounds_are_left_alone(store: str) -> None:
    for name in ("order-1", "order-2", "audit"):
        write_history(name, [9 * DAY] * 3, using=store)
    configure_stream("order-*", max_count=1, store=store)
    configure_stream("order-2", keep_forever=True, store=store)
    assert prune_streams(store=store) == PruneReport(streams=1, events=2)
    assert len(list(read_all(store=store))) == 7


def test_only_the_named_streams_are_pruned(store: str) -> None:
    names = ("order-1", "order-2", "orders", "audit", "Order-3")
    for name in names:
        write_history(name, [0] * 2, using=store)
    configure_stream("*", max_count=1, store=store)
    assert prune_streams(["order-*", "audit"], store=store).streams == 3
    left = [name for name in names if len(kept(name, store)) == 2]
    assert left == ["orders", "Order-3"]


def test_many_streams_are_pruned_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstreaming.operations.retention.STREAMS_PER_PAGE", 3)
    for number in range(8):
        write_history(f"order-{number}", [0] * 2)
    configure_stream("order-*", max_count=1)
    assert prune_streams() == PruneReport(streams=8, events=8)


def test_dry_run_counts_and_removes_nothing(store: str) -> None:
    write_history("orders", [9 * DAY] * 5 + [0], using=store)
    configure_stream("orders", max_age=DAY, store=store)
    seen: list[tuple[str, int]] = []
    report = prune_streams(
        dry_run=True, progress=lambda *args: seen.append(args), store=store
    )
    assert report == PruneReport(streams=1, events=5)
    assert seen == [("orders", 5)]
    assert len(kept("orders", store)) == 6


def test_each_batch_is_reported() -> None:
    write_history("orders", [0] * 10)
    configure_stream("orders", max_count=1)
    seen: list[int] = []
    prune_streams(batch_size=4, progress=lambda name, events: seen.append(events))
    assert seen == [4, 4, 1]


def test_interrupted_removal_is_finished_whatever_is_configured(store: str) -> None:
    write_history("orders", [0] * 5, using=store)
    write_history("gone", [0] * 5, using=store)
    event_stores[store].raise_first_offset("orders", 3)
    Stream.objects.using(store).filter(name="gone").update(state=1, first_offset=9)
    assert prune_streams(store=store) == PruneReport(streams=2, events=8)
    assert Event.objects.using(store).count() == 2


def test_deleted_stream_is_no_trouble(store: str) -> None:
    write_history("orders", [9 * DAY] * 5, using=store)
    configure_stream("*", max_age=DAY, store=store)
    delete_stream("orders", store=store)
    assert prune_streams(store=store) == PruneReport()


class Clock(clock.SimulatedClock):
    def __init__(self, *times: datetime) -> None:
        super().__init__()
        self.times = list(times)

    def now(self) -> datetime:
        return self.times.pop(0) if len(self.times) > 1 else self.times[0]


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2030, 1, 1, hour, minute, tzinfo=UTC)


def test_nothing_happens_outside_of_the_window() -> None:
    write_history("orders", [0] * 5)
    configure_stream("orders", max_count=1)
    window = DailyWindow.parse("02:00-06:00")
    with clock.use_clock(Clock(at(6))):
        assert prune_streams(window=window) == PruneReport(finished=False)
    with clock.use_clock(Clock(at(2))):
        assert prune_streams(window=window) == PruneReport(streams=1, events=4)


def test_run_stops_after_the_batch_in_which_the_window_closes() -> None:
    write_history("orders", [0] * 10)
    configure_stream("orders", max_count=1)
    window = DailyWindow.parse("23:30-06:00")
    with clock.use_clock(Clock(at(5), at(5), at(6))):
        report = prune_streams(batch_size=2, window=window)
    assert report == PruneReport(streams=1, events=4, finished=False)
    assert kept("orders", "default") == [9]  # the rest is hidden
    assert prune_streams().events == 5


@pytest.mark.parametrize("text", ["", "2-6", "02:00", "24:00-06:00", "05:00-05:00", 5])
def test_bad_windows_are_refused(text: object) -> None:
    with pytest.raises(InvalidArgument, match="window"):
        DailyWindow.parse(text)


def test_window_may_go_past_midnight() -> None:
    window = DailyWindow.parse("23:30-01:00")
    hours = [at(23, 29), at(23, 30), at(0), at(0, 59), at(1), at(12)]
    opened = [window.is_open(moment) for moment in hours]
    assert opened == [False, True, True, True, False, False]


def test_memory_is_never_pruned() -> None:
    with pytest.raises(UnsupportedOperation, match="never pruned"):
        prune_streams(store="memory")


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="names"):
        prune_streams(["a*"])
    for size in (0, True, "5", 100_001):
        with pytest.raises(InvalidArgument, match="batch_size"):
            prune_streams(batch_size=size)  # type: ignore[arg-type]
