"""What a loop over events holds while it runs."""

import gc
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from eventstreaming import (
    EventData,
    StoredEvent,
    append,
    read_all,
    read_category,
    read_stream,
)
from eventstreaming.backends.pages import EventsOfRows

pytestmark = pytest.mark.django_db

STREAM = "page-1"
COUNT = 30


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "read",
    [partial(read_stream, STREAM), partial(read_category, "page"), read_all],
    ids=["stream", "category", "all"],
)
def test_loop_holds_one_event_at_a_time(
    read: Callable[..., Iterator[StoredEvent]], backwards: bool
) -> None:
    written = append(
        STREAM, [EventData("Turned", {"n": n}, {"by": n}) for n in range(COUNT)]
    )
    written = written[::-1] if backwards else written
    assert list(read(backwards=backwards, batch_size=20)) == written
    before = _events_alive()
    for n, event in enumerate(read(backwards=backwards, batch_size=20)):
        assert event == written[n]
        assert n % 10 or _events_alive() == before + 1


def _events_alive() -> int:
    return sum(type(thing) is StoredEvent for thing in gc.get_objects())


def test_events_of_rows_are_a_sequence() -> None:
    written = append(STREAM, [EventData("Turned", n) for n in range(5)])
    events = EventsOfRows(lambda row: written[row[0]], [(n,) for n in range(5)])
    assert len(events) == 5
    assert list(events) == written
    assert events[-1] == written[-1]
    assert list(events[1:3]) == written[1:3]
    assert written[2] in events
