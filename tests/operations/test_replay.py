"""A replay hands over what was asked for, in order, and changes nothing."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.test import override_settings

from eventstreaming import (
    EventData,
    append,
    clock,
    event_stores,
    read_stream,
    truncate_stream,
)
from eventstreaming.exceptions import EventsTruncated, InvalidArgument
from eventstreaming.models import Checkpoint
from eventstreaming.operations.replay import ReplayProgress, replay
from eventstreaming.types import StoredEvent
from tests.operations.histories import DAY, write_history
from tests.operations.runners import runner

pytestmark = pytest.mark.django_db(databases=["default", "sqlite"])

STORES = {
    "default": {},
    "sqlite": {"OPTIONS": {"database": "sqlite"}},
}


@pytest.fixture(params=["default", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    with override_settings(EVENT_STORES=STORES):
        event_stores.forget()
        yield request.param
    event_stores.forget()


class Collector:
    def __init__(self) -> None:
        self.places: list[int] = []

    def __call__(self, event: StoredEvent) -> None:
        self.places.append(event.offset)


def offsets(source: str = "orders", **options: object) -> list[int]:
    collector = Collector()
    done = replay(source, collector, **options)  # type: ignore[arg-type]
    assert done.events == len(collector.places)
    return collector.places


def days_ago(number: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=number)


def test_places_bound_a_replay(store: str) -> None:
    write_history("orders", [0] * 10, using=store)
    assert offsets(store=store) == list(range(10))
    assert offsets(start=3, end=5, store=store) == [3, 4, 5]
    assert offsets(start=7, limit=2, store=store) == [7, 8]
    assert offsets(start=10, store=store) == []
    assert offsets(end=0, store=store) == [0]
    assert offsets("unknown", store=store) == []


def test_times_bound_a_replay(store: str) -> None:
    write_history("orders", [n * DAY for n in range(20, 0, -1)], using=store)
    assert offsets(since=days_ago(3.5), store=store) == [17, 18, 19]
    assert offsets(until=days_ago(17.5), store=store) == [0, 1, 2]
    between = offsets(since=days_ago(10.5), until=days_ago(7.5), store=store)
    assert between == [10, 11, 12]
    assert offsets(since=days_ago(0.5), store=store) == []
    assert offsets(until=days_ago(20.5), store=store) == []
    assert offsets(since=days_ago(99), until=days_ago(-1), store=store) == list(
        range(20)
    )
    assert offsets(since=days_ago(10.5), start=15, end=16, store=store) == [15, 16]


def test_time_range_holds_its_beginning_and_not_its_end(store: str) -> None:
    write_history("orders", [3 * DAY, 2 * DAY, DAY], using=store)
    times = [event.timestamp for event in read_stream("orders", store=store)]
    assert offsets(since=times[0], until=times[2], store=store) == [0, 1]
    elsewhere = times[1].astimezone(timezone(timedelta(hours=-5)))
    assert offsets(since=elsewhere, store=store) == [1, 2]


@pytest.mark.parametrize("source", ["order-*", "*"])
def test_times_are_found_among_many_streams(source: str) -> None:
    write_history("other-1", [30 * DAY] * 5)
    for day in range(9, 0, -1):
        write_history(f"order-{day}", [day * DAY] * 3)
        write_history(f"other-{day + 1}", [30 * DAY] * 2) if source != "*" else None
    names: list[str] = []
    replay(
        source,
        lambda event: names.append(event.stream_name),
        since=days_ago(3.5),
        until=days_ago(1.5),
    )
    assert names == ["order-3"] * 3 + ["order-2"] * 3


def test_places_of_a_category_are_positions() -> None:
    first = append("order-1", EventData("A", {}))[0]
    append("other-1", EventData("A", {}))
    last = append("order-2", [EventData("A", {}), EventData("B", {})])[-1]
    positions: list[int] = []
    done = replay(
        "order-*",
        lambda event: positions.append(event.position),
        start=first.position + 1,
        event_types=["B"],
    )
    assert positions == [last.position]
    assert (done.first, done.place) == (first.position + 1, last.position)


def test_what_is_appended_meanwhile_is_left_out() -> None:
    append("orders", [EventData("A", {})] * 3)
    done = replay("orders", lambda event: append("orders", EventData("A", {})))
    assert done.events == 3


def test_replay_moves_no_checkpoint() -> None:
    append("orders", [EventData("A", {})] * 5)
    subscription, handled = runner("orders", batch_size=2)
    subscription.run_batch()
    before = Checkpoint.objects.values().get()
    replay("orders", subscription.subscription.function)
    assert [event.offset for event in handled] == [0, 1, 0, 1, 2, 3, 4]
    assert Checkpoint.objects.values().get() == before


def test_what_a_handler_writes_carries_the_story_on() -> None:
    (event,) = append("orders", EventData("A", {}), correlation_id="story")
    replay("orders", lambda event: append("copies", EventData("B", {})))
    (copy,) = read_stream("copies")
    assert (copy.correlation_id, copy.causation_id) == ("story", str(event.event_id))


def test_async_handler_is_awaited() -> None:
    append("orders", [EventData("A", {})] * 2)
    seen: list[int] = []

    async def handle(event: StoredEvent) -> None:
        seen.append(event.offset)

    replay("orders", handle)
    assert seen == [0, 1]


def test_exception_ends_the_replay_and_names_the_event() -> None:
    append("orders", [EventData("A", {})] * 5)
    seen: list[int] = []

    def handle(event: StoredEvent) -> None:
        seen.append(event.offset)
        if event.offset == 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        replay("orders", handle)
    assert "stopped at <StoredEvent A orders@2" in caught.value.__notes__[0]
    assert seen == [0, 1, 2]


def test_removed_start_is_an_error_and_no_start_is_the_first_kept() -> None:
    append("orders", [EventData("A", {})] * 5)
    truncate_stream("orders", 3)
    with pytest.raises(EventsTruncated):
        offsets(start=0)
    assert offsets() == [3, 4]
    assert offsets(since=days_ago(1)) == [3, 4]


def test_rate_and_progress() -> None:
    append("orders", [EventData("A", {})] * 20)
    seen: list[tuple[int, float, float | None]] = []

    def show(progress: ReplayProgress) -> None:
        seen.append((progress.events, progress.fraction, progress.remaining))

    with clock.use_clock(clock.SimulatedClock()):
        began = clock.monotonic()
        done = replay("orders", lambda event: clock.sleep(0.02), rate=10, progress=show)
        lasted = clock.monotonic() - began
    assert 1.9 <= lasted <= 2.0
    assert done.rate == pytest.approx(10, rel=0.06)
    assert [fraction for _, fraction, _ in seen] == [n / 20 for n in range(1, 21)]
    events, fraction, remaining = seen[9]
    assert (events, fraction) == (10, 0.5)
    assert remaining == pytest.approx(0.95, rel=0.05)
    assert seen[-1] == (20, 1.0, 0.0)


def test_slow_steps_are_not_made_up_for() -> None:
    append("orders", [EventData("A", {})] * 10)
    times: list[float] = []

    def handle(event: StoredEvent) -> None:
        times.append(clock.monotonic())
        clock.sleep(1.0 if event.offset == 0 else 0.0)

    with clock.use_clock(clock.SimulatedClock()):
        replay("orders", handle, rate=10)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps[1:]) >= 0.09


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("start", {"start": -1}),
        ("end", {"end": True}),
        ("limit", {"limit": "5"}),
        ("since", {"since": datetime(2030, 1, 1)}),  # noqa: DTZ001
        ("until", {"until": "2030-01-01"}),
        ("rate", {"rate": 0}),
        ("rate", {"rate": float("nan")}),
        ("rate", {"rate": "5"}),
        ("event_types", {"event_types": []}),
        ("handler", {"handler": "print"}),
        ("source", {"source": "a*"}),
    ],
)
def test_bad_arguments_are_refused(field: str, options: dict[str, object]) -> None:
    arguments = {"source": "orders", "handler": print, **options}
    with pytest.raises(InvalidArgument) as caught:
        replay(**arguments)  # type: ignore[arg-type]
    assert caught.value.field == field
