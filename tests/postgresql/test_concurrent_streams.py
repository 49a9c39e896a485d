"""Concurrent streams while transactions are open: nobody waits, nothing is lost."""

from collections.abc import Callable, Iterator
from threading import Timer
from unittest import mock

import pytest
from django.db import transaction

from eventstreaming import (
    EventData,
    append,
    create_stream,
    event_store,
    read_category,
    read_stream,
    stream_info,
)
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.backends.postgresql import PostgreSQLEventStore, appending
from eventstreaming.exceptions import UnsafeIsolation
from eventstreaming.types import StoredEvent
from tests.sessions import Session, execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

STREAM = "clicks"


@pytest.fixture(autouse=True)
def stream() -> None:
    create_stream(STREAM, concurrent=True)


@pytest.fixture
def writer() -> Iterator[Session]:
    with sessions(1) as (session,):
        yield session


def clicks(count: int) -> list[EventData]:
    return [EventData("Clicked", {"number": number}) for number in range(count)]


def offsets() -> list[int]:
    return [event.offset for event in read_stream(STREAM)]


@pytest.mark.parametrize("count", [1, 2, 3], ids=["one", "several", "by COPY"])
def test_open_append_holds_the_fence_for_later_ones(
    writer: Session, count: int
) -> None:
    with mock.patch.object(appending, "COPY_FROM", 3):
        writer.begin()
        slow = writer.run(append, STREAM, clicks(count))
        fast = append(STREAM, clicks(count))  # does not wait
    assert event_store.fence() == slow[0].position - 1
    assert offsets() == []
    writer.commit()
    assert offsets() == [event.position for event in slow + fast]


def test_orm_sets_the_marker_before_it_draws(writer: Session) -> None:
    writer.begin()
    slow = writer.run(DatabaseEventStore("default").append, STREAM, clicks(2))
    append(STREAM, clicks(1))
    assert event_store.fence() == slow[0].position - 1
    writer.rollback()
    assert len(offsets()) == 1


def test_appends_leave_the_head_alone() -> None:
    before = execute("SELECT xmin, xmax, ctid::text FROM eventstreaming_stream")
    for count in (1, 2, appending.COPY_FROM):
        append(STREAM, clicks(count))
    assert execute("SELECT xmin, xmax, ctid::text FROM eventstreaming_stream") == before


def test_reader_ends_at_the_fence_of_its_first_fetch() -> None:
    written = append(STREAM, clicks(5))
    seen = []
    for event in read_stream(STREAM, batch_size=2):
        seen.append(event)
        append(STREAM, clicks(1))
    assert seen == written


def test_checkpoint_stays_below_an_open_append(writer: Session) -> None:
    before = append(STREAM, clicks(1))
    writer.begin()
    slow = writer.run(append, STREAM, clicks(1))
    append(STREAM, clicks(1))
    # The last visible event lies behind one that is still to come.
    assert stream_info(STREAM).last_offset > slow[0].offset
    found, looked_at = event_store.next_in_stream(STREAM, -1, 10, None)
    assert list(found) == before
    assert looked_at < slow[0].offset
    writer.commit()
    found, looked_at = event_store.next_in_stream(STREAM, looked_at, 10, None)
    assert len(found) == 2


def test_checkpoint_moves_no_further_than_the_events_were_read() -> None:
    """A fence may go back: one that was taken before or after does not count."""
    append(STREAM, clicks(1))
    (late,) = append(STREAM, clicks(1))
    fences = [late.position, late.position - 1]
    with mock.patch.object(PostgreSQLEventStore, "fence", side_effect=fences):
        found, looked_at = event_store.next_in_stream(STREAM, -1, 10, None)
    assert (found[-1].position, looked_at) == (late.position, late.position)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_reading_inside_an_old_snapshot_is_refused(level: str) -> None:
    append(STREAM, clicks(1))
    append("serial", clicks(1))
    with transaction.atomic():
        execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        with pytest.raises(UnsafeIsolation, match="concurrent streams"):
            next(read_stream(STREAM))
        assert len(list(read_stream("serial"))) == 1


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_appending_inside_an_old_snapshot_never_conflicts(
    writer: Session, level: str
) -> None:
    writer.begin()
    writer.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    writer.execute("SELECT 1 FROM eventstreaming_stream")
    append(STREAM, clicks(1))
    writer.run(append, STREAM, clicks(1))
    writer.commit()
    assert len(offsets()) == 2


@pytest.mark.parametrize("read", [read_stream, read_category])
def test_follower_loses_nothing_when_the_fence_goes_back(
    read: Callable[..., Iterator[StoredEvent]],
) -> None:
    written = append(STREAM, clicks(3))
    last = written[-1].position
    fences = [last, last - 1, last]
    with mock.patch.object(PostgreSQLEventStore, "fence", side_effect=fences):
        found = list(read(STREAM, limit=3, batch_size=2, follow=True))
    assert found == written


def test_follower_waits_for_an_open_append(writer: Session) -> None:
    writer.begin()
    slow = writer.run(append, STREAM, clicks(1))
    fast = append(STREAM, clicks(1))
    timer = Timer(0.2, writer.commit)
    timer.start()
    assert list(read_stream(STREAM, limit=2, follow=True)) == slow + fast
    timer.join()
