"""Removing events while others write, and where a call was interrupted."""

import pytest

from eventstreaming import (
    EventData,
    append,
    create_stream,
    delete_stream,
    event_store,
    read_all,
    read_stream,
    stream_info,
    truncate_stream,
)
from eventstreaming.exceptions import EventsTruncated, StreamDeleted
from eventstreaming.models import Event, Stream
from eventstreaming.operations.retention import prune_streams
from tests.sessions import sessions

pytestmark = pytest.mark.django_db(transaction=True)

NOTED = EventData("Noted", {})


@pytest.fixture
def interrupted() -> None:
    """Leave what a call leaves that ended between its two steps."""
    append("orders", [NOTED] * 1_500)
    event_store.raise_first_offset("orders", 1_200)
    assert Event.objects.count() == 1_500


@pytest.mark.usefixtures("interrupted")
def test_hidden_events_are_not_read_and_not_counted() -> None:
    assert [e.offset for e in read_stream("orders")] == list(range(1_200, 1_500))
    backwards = [e.offset for e in read_stream("orders", backwards=True)]
    assert backwards == list(range(1_499, 1_199, -1))
    with pytest.raises(EventsTruncated):
        list(read_stream("orders", 1_199))
    info = stream_info("orders")
    assert (info.first_offset, info.length) == (1_200, 300)
    assert info.first_timestamp == next(read_stream("orders")).timestamp


@pytest.mark.usefixtures("interrupted")
def test_repeated_call_finishes_what_was_interrupted() -> None:
    assert truncate_stream("orders", 1_200) == 1_200
    assert Event.objects.count() == 300


@pytest.mark.usefixtures("interrupted")
def test_each_batch_commits_by_itself() -> None:
    removed = event_store.remove_truncated("orders", 500)
    assert next(removed) == 500
    with sessions(1) as (other,):
        ((left,),) = other.execute("SELECT count(*) FROM eventstreaming_event")
    assert left == 1_000
    assert list(removed) == [500, 200]


def test_removal_waits_for_an_append_and_keeps_what_it_writes() -> None:
    append("orders", [NOTED] * 3)
    with sessions(2) as (writer, remover):
        writer.begin()
        writer.run(append, "orders", [NOTED] * 2)
        removal = remover.start(truncate_stream, "orders", 4)
        with pytest.raises(TimeoutError):
            removal.result(timeout=0.3)
        writer.commit()
        assert removal.result(timeout=30) == 4
    assert [event.offset for event in read_stream("orders")] == [4]


def test_append_waits_for_a_removal_in_a_transaction_only() -> None:
    append("orders", [NOTED] * 3)
    with sessions(2) as (remover, writer):
        remover.begin()
        assert remover.run(truncate_stream, "orders", 2) == 2
        writing = writer.start(append, "orders", NOTED)
        with pytest.raises(TimeoutError):
            writing.result(timeout=0.3)
        assert [event.offset for event in read_stream("orders")] == [0, 1, 2]
        remover.commit()
        assert writing.result(timeout=30)[0].offset == 3
    assert Stream.objects.get().first_offset == 2


def test_removal_hides_nothing_that_an_open_append_may_still_write() -> None:
    create_stream("clicks", concurrent=True)
    kept = append("clicks", NOTED)[0].offset
    with sessions(1) as (writer,):
        writer.begin()
        (slow,) = writer.run(append, "clicks", NOTED)
        (fast,) = append("clicks", NOTED)
        assert truncate_stream("clicks", fast.offset + 1) == 1
        assert stream_info("clicks").first_offset == kept + 1
        writer.commit()
    assert list(read_stream("clicks", kept + 1)) == [slow, fast]
    assert truncate_stream("clicks", fast.offset) == 1
    assert list(read_stream("clicks")) == [fast]


def test_pruning_removes_what_came_after_the_end_of_a_stream() -> None:
    """An append to a concurrent stream may be under way when that is deleted."""
    create_stream("clicks", concurrent=True)
    append("clicks", NOTED)
    with sessions(1) as (writer,):
        writer.begin()
        (late,) = writer.run(append, "clicks", NOTED)
        assert delete_stream("clicks") == 1
        writer.commit()
    with pytest.raises(StreamDeleted):
        list(read_stream("clicks"))
    assert list(read_all()) == [late]
    assert prune_streams().events == 1
    assert list(read_all()) == []
