"""The three ways in which PostgreSQL is appended to: one result, one order."""

from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append, event_store, read_all, read_stream
from eventstreaming.backends.postgresql import appending
from eventstreaming.exceptions import InvalidValue, WrongExpectedVersion
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

ODD = "tab\t newline\n return\r \\N \\. \\\\ quote' \u2028 \N{SNOWMAN}"

ONE, SEVERAL, BY_COPY = "one", "several", "by COPY"


@pytest.fixture(params=[ONE, SEVERAL, BY_COPY])
def count(request: pytest.FixtureRequest) -> Iterator[int]:
    """How many events are to be appended to go this way."""
    copy_from = 3 if request.param == BY_COPY else 100
    with mock.patch.object(appending, "COPY_FROM", copy_from):
        yield 1 if request.param == ONE else 3


def odd_events(count: int) -> list[EventData]:
    return [
        EventData(
            "Odd", {ODD: [ODD, number, None]}, {"note": ODD}, key=f"{ODD}{number}"
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("ids", [None, ODD], ids=["no ids", "odd ids"])
def test_what_comes_back_is_what_is_stored(count: int, ids: str | None) -> None:
    for _ in range(2):
        append("odd", odd_events(count), correlation_id=ids, causation_id=ids)
    written = append("odd", odd_events(count), correlation_id=ids, causation_id=ids)
    assert [event.offset for event in written] == [2 * count + n for n in range(count)]
    assert list(read_stream("odd", 2 * count)) == written
    assert written[-1].data == {ODD: [ODD, count - 1, None]}
    assert written[0].correlation_id == ids


def test_data_may_be_null(count: int) -> None:
    append("empty", [EventData("Empty", None)] * count)
    assert [event.data for event in read_stream("empty")] == [None] * count


def test_marker_is_set_before_the_first_position_is_drawn(count: int) -> None:
    with sessions(1) as (writer,):
        append("other", EventData("Before", {}))
        writer.begin()
        written = writer.run(append, "slow", odd_events(count))
        append("other", EventData("After", {}))
        assert event_store.fence() == written[0].position - 1
        assert [event.event_type for event in read_all()] == ["Before"]
        writer.commit()
    assert len(list(read_all())) == 2 + count


def test_conflict_leaves_the_transaction_usable(count: int) -> None:
    append("versions", odd_events(count))
    with transaction.atomic():
        with pytest.raises(WrongExpectedVersion) as caught:
            append("versions", odd_events(count), expected_version=7)
        append("versions", odd_events(count), expected_version=count - 1)
    assert caught.value.actual == count - 1
    assert len(list(read_stream("versions"))) == 2 * count


def test_known_id_is_refused(count: int) -> None:
    (first, *_) = append("ids", odd_events(count))
    events = odd_events(count)
    known = EventData("Odd", {}, event_id=first.event_id)
    with pytest.raises(InvalidValue, match="id of another event"):
        append("ids", [*events[1:], known])
    assert len(list(read_stream("ids"))) == count


def test_copy_that_fails_leaves_no_gap() -> None:
    """An error after the head has moved undoes that, in a caller's block, too."""
    with (
        mock.patch.object(appending, "COPY_FROM", 2),
        mock.patch.object(appending, "copy_text", side_effect=["broken\n", OSError]),
        transaction.atomic(),
    ):
        for error in (DatabaseError, OSError):
            with pytest.raises(error):
                append("copied", odd_events(2))
        append("copied", odd_events(1))
    assert [event.offset for event in read_stream("copied")] == [0]


def test_statements_are_seen_by_django(count: int) -> None:
    append("seen", odd_events(count))
    with CaptureQueriesContext(connection) as queries:
        append("seen", odd_events(count))
    text = " ".join(query["sql"] for query in queries)
    by_copy = count >= appending.COPY_FROM
    assert ("COPY eventstreaming_event" in text) is by_copy
    assert len([q for q in queries if "eventstreaming_" in q["sql"]]) == 1 + by_copy


def test_head_is_not_moved_by_an_append_that_waits() -> None:
    with mock.patch.object(appending, "COPY_FROM", 2), sessions(2) as (first, second):
        append("hot", odd_events(1))
        first.begin()
        first.run(append, "hot", odd_events(2))
        waiting = second.start(append, "hot", odd_events(2))
        first.rollback()
        assert [event.offset for event in waiting.result(timeout=10)] == [1, 2]
    assert execute("SELECT next_offset FROM eventstreaming_stream") == [(3,)]
