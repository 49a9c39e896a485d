"""A time is found where it is, by few rows however many there are."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection, router

from eventstreaming import EventData, append
from eventstreaming.models import Event, Stream
from eventstreaming.operations.places_in_time import offset_since, position_since
from tests.sessions import execute

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = 3_000
STEADY = "n"  # hours since the start, of the event with the number n
UNEVEN = {
    "busy days": "n + 40 * sin(n / 50.0)",
    "quiet nights": "n / 10 + n / 1000 * 250 + greatest(0, n % 1000 - 950) * 5",
    "many at once": "n / 600 * 100",
    "busier and busier": "sqrt(n * 1000)",
    "all but the first at the end": "CASE n WHEN 0 THEN 0 ELSE 900000 + n / 1000.0 END",
    "all but the last at the beginning": "CASE n WHEN 2999 THEN 900000 ELSE n / 1e3 END",
    "twice as long each time": "power(2, n / 150.0) * (1 + n % 150 / 1e6)",
}


def write(hours: str) -> None:
    """Write events of three streams in turn, with gaps in positions."""
    execute(
        "INSERT INTO eventstreaming_stream (name, category, next_offset) "
        "SELECT k || '-1', k, 1000 FROM unnest(ARRAY['order', 'user', 'cart']) AS k"
    )
    execute(
        'INSERT INTO eventstreaming_event (position, stream_id, category, "offset", '
        "bucket, event_type, event_id, data, metadata, timestamp) OVERRIDING SYSTEM VALUE "
        "SELECT 7 * n + 1, s.id, s.category, n / 3, 0, 'Noted', gen_random_uuid(), '{}', "
        f"'{{}}', %s + ({hours.replace('%', '%%')}) * interval '1 hour' "
        "FROM generate_series(0, %s - 1) AS n "
        "JOIN eventstreaming_stream AS s ON s.name = "
        "(ARRAY['order', 'user', 'cart'])[1 + n %% 3] || '-1' ORDER BY n",
        [START, COUNT],
    )
    execute("ANALYZE eventstreaming_event")


def look_up(moment: datetime, stream: Stream) -> list[int | None]:
    """Look for a time in the three ways there are."""
    return [
        position_since(moment),
        position_since(moment, stream.category),
        offset_since(stream, moment),
    ]


def walk(moment: datetime, stream: Stream, events: list[Event]) -> list[int | None]:
    """Find what look_up() is to find."""
    late = [event for event in events if event.timestamp >= moment]
    own = [event for event in late if event.stream_id == stream.pk]
    places = (
        [event.position for event in late],
        [event.position for event in own],
        [event.offset for event in own],
    )
    return [next(iter(found), None) for found in places]


@pytest.fixture(params=["by interpolation", "by halves"])
def method(request: pytest.FixtureRequest) -> Iterator[None]:
    """Search as PostgreSQL does, and as databases do that are less."""
    if request.param == "by interpolation":
        yield
        return
    with mock.patch.object(connection, "vendor", "other"):
        yield


@pytest.mark.usefixtures("method")
def test_a_time_is_found_as_a_walk_finds_it() -> None:
    write(STEADY)
    events = list(Event.objects.order_by("position"))
    stream = Stream.objects.get(name="user-1")
    for hour in (-5, 0, 0.5, 1, 2, 1_499.99, 1_500, 2_997, 2_998.5, 2_999, 2_999.1):
        moment = START + timedelta(hours=hour)
        assert look_up(moment, stream) == walk(moment, stream, events), hour


@pytest.mark.usefixtures("method")
def test_an_empty_place_has_no_time() -> None:
    assert position_since(START) is None
    append("order-1", EventData("Noted", {}))
    assert position_since(START, "user") is None
    assert offset_since(Stream(pk=-1), START) is None


@pytest.mark.django_db(databases=["default", "sqlite"])
def test_sqlite_finds_it_too() -> None:
    with mock.patch.object(router, "db_for_read", return_value="sqlite"):
        assert position_since(START) is None
        stream = Stream.objects.using("sqlite").create(name="user-1", category="user")
        for n in range(9):
            Event.objects.using("sqlite").create(
                stream=stream, category="user", offset=n, bucket=0, event_type="Noted",
                event_id=f"{n:032}", data={}, timestamp=START + timedelta(hours=n),
            )  # fmt: skip
        events = list(Event.objects.using("sqlite").order_by("position"))
        for hour in (-1, 0, 3, 3.5, 8, 9):
            moment = START + timedelta(hours=hour)
            assert look_up(moment, stream) == walk(moment, stream, events), hour


@pytest.mark.parametrize("hours", UNEVEN.values(), ids=UNEVEN)
def test_where_events_came_unevenly_it_takes_no_more_rounds_than_halving(
    hours: str,
) -> None:
    write(hours)
    events = list(Event.objects.order_by("position"))
    stream = Stream.objects.get(name="user-1")
    for event in events[::409]:
        for moment in (event.timestamp, event.timestamp - timedelta(seconds=1)):
            with rounds_of_searches() as rounds:
                found = look_up(moment, stream)
            assert found == walk(moment, stream, events), moment
            most = [math.log2(count) for count in (7 * COUNT, 7 * COUNT, COUNT / 3)]
            assert all(map(int.__le__, rounds, map(math.ceil, most))), (moment, rounds)


def test_where_events_came_steadily_few_rounds_are_enough() -> None:
    write(STEADY)
    stream = Stream.objects.get(name="user-1")
    for hour in range(1, COUNT, 97):
        with rounds_of_searches() as rounds:
            look_up(START + timedelta(hours=hour), stream)
        assert max(rounds) <= 4, hour


@contextmanager
def rounds_of_searches() -> Iterator[list[int]]:
    """Note the rounds that each search takes, and that it walks through no table."""
    rounds: list[int] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with context["connection"].connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            (plan,) = cursor.fetchone()
        assert "Seq Scan" not in json.dumps(plan)
        (search,) = (
            child
            for child in plan[0]["Plan"]["Plans"]
            if child["Node Type"] == "Recursive Union"
        )
        rounds.append(int(search["Actual Rows"]) - 1)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield rounds
