"""A time is found where it is, by few rows however many there are."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from eventstreaming import EventData, append
from eventstreaming.models import Event, Stream
from eventstreaming.operations.places_in_time import offset_since, position_since
from tests.sessions import execute

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = 3_000


@pytest.fixture
def hours() -> None:
    """Write an event each hour, of three streams in turn, with gaps in positions."""
    execute(
        "INSERT INTO eventstreaming_stream (name, category, next_offset) "
        "SELECT k || '-1', k, 1000 FROM unnest(ARRAY['order', 'user', 'cart']) AS k"
    )
    execute(
        'INSERT INTO eventstreaming_event (position, stream_id, category, "offset", '
        "bucket, event_type, event_id, data, metadata, timestamp) OVERRIDING SYSTEM VALUE "
        "SELECT 7 * n + 1, s.id, s.category, n / 3, 0, 'Noted', gen_random_uuid(), '{}', "
        "'{}', %s + n * interval '1 hour' FROM generate_series(0, %s - 1) AS n "
        "JOIN eventstreaming_stream AS s ON s.name = "
        "(ARRAY['order', 'user', 'cart'])[1 + n %% 3] || '-1' ORDER BY n",
        [START, COUNT],
    )
    execute("ANALYZE eventstreaming_event")


def test_a_time_is_found_as_a_walk_finds_it(hours: None) -> None:
    events = list(Event.objects.order_by("position"))
    stream = Stream.objects.get(name="user-1")
    for hour in (-5, 0, 0.5, 1, 2, 1_499.99, 1_500, 2_997, 2_998.5, 2_999, 2_999.1):
        moment = START + timedelta(hours=hour)
        late = [event for event in events if event.timestamp >= moment]
        for found, among in (
            (position_since(moment), late),
            (position_since(moment, "user"), [e for e in late if e.category == "user"]),
        ):
            assert found == (among[0].position if among else None), hour
        own = [event.offset for event in late if event.stream_id == stream.pk]
        assert offset_since(stream, moment) == (own[0] if own else None), hour


def test_an_empty_place_has_no_time(db: None) -> None:
    assert position_since(START) is None
    append("order-1", EventData("Noted", {}))
    assert position_since(START, "user") is None
    assert offset_since(Stream(pk=-1), START) is None


def test_few_rows_are_looked_at(hours: None) -> None:
    stream = Stream.objects.get(name="user-1")
    moment = START + timedelta(hours=1_234)
    with connection.execute_wrapper(_explained):
        position_since(moment)
        position_since(moment, "user")
        offset_since(stream, moment)


def _explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Look at the plan of a statement before it runs, and at what it touched."""
    with context["connection"].connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    touched = re.search(r"Buffers: shared hit=(\d+)", plan)
    assert touched is not None
    # Rows that tests before this one have left are walked, too, until they are cleaned.
    assert int(touched[1]) < 20 * math.log2(7 * COUNT), plan
    return execute(sql, params, many, context)
