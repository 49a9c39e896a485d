"""The shortest way of an append comes to what the way of all others comes to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.transaction import TransactionManagementError

from eventstreaming import (
    EventData,
    aappend,
    append,
    clock,
    correlation_scope,
    create_stream,
    delete_stream,
    event_store,
    read_stream,
    stream_info,
)
from eventstreaming.backends import relational
from eventstreaming.backends.base_streams import BaseStreams
from eventstreaming.backends.postgresql import (
    PostgreSQLEventStore,
    kept_texts,
    short_appends,
    wire,
)
from eventstreaming.backends.waking import announcing
from eventstreaming.backends.waking.listening import ListenedWaiters
from eventstreaming.backends.waking.topics import ANYTHING
from eventstreaming.events import arguments
from eventstreaming.events.observing import Sending, observers
from eventstreaming.events.values import canonical
from eventstreaming.exceptions import (
    InvalidType,
    InvalidValue,
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.signals import events_appended
from eventstreaming.types import NO_STREAM, STREAM_EXISTS, StoredEvent
from tests.sessions import sessions
from tests.waking.listeners import announced, ear

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Sold:
    title: str
    price: Decimal
    at: datetime
    tags: list[str]


SOLD = Sold("Blue Train", Decimal("9.90"), datetime(2026, 11, 27, tzinfo=UTC), ["jazz"])
SAID = EventData("Sold", {"title": "Blue Train", "price": "9.90"})


@pytest.fixture(autouse=True, params=[False, True], ids=["announced", "quiet"])
def _may_have_been_announced(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """What nobody is to be told of takes the fewest steps of all."""
    announcing._by_database.clear()
    if request.param:
        monkeypatch.setattr(announcing, "WINDOW", 600.0)
        announced(ANYTHING)
    yield
    announcing._by_database.clear()


@pytest.fixture
def ordinary() -> Iterator[list[str]]:
    """Note the streams of appends that go the way of all others."""
    names: list[str] = []
    real = BaseStreams.append

    def noting(self: Any, stream_name: str, events: Any, **options: Any) -> Any:
        names.append(stream_name)
        return real(self, stream_name, events, **options)

    with mock.patch.object(BaseStreams, "append", noting):
        yield names


def parts(event: StoredEvent) -> dict[str, Any]:
    """Return what is to be the same however an event was written."""
    own = {"stream_name", "offset", "position", "event_id", "timestamp"}
    return {
        name: getattr(event, name)
        for name in event.__struct_fields__
        if name not in own
    }


def test_both_ways_write_the_same(ordinary: list[str]) -> None:
    (short,) = append("short", SOLD)
    (long,) = append("long", [SOLD])
    assert ordinary == ["long"]
    assert parts(short) == parts(long)
    assert list(short.data) == list(long.data) == list(canonical(short.data, ""))
    assert list(read_stream("short")) == [short]
    assert list(read_stream("long")) == [long]
    assert short.payload == long.payload == SOLD
    assert (short.offset, long.position) == (0, short.position + 1)
    assert short.timestamp < long.timestamp
    assert str(short.event_id) < str(long.event_id)


def test_whatever_is_said_of_an_event_goes_the_other_way(ordinary: list[str]) -> None:
    told: dict[str, Any] = {
        "key": "k",
        "idempotency_key": "once",
        "metadata": {"by": "me"},
        "correlation_id": "c",
        "causation_id": "d",
    }
    for number, (name, value) in enumerate(told.items()):
        append(f"told-{number}", SOLD, **{name: value})
    with correlation_scope("story"):
        (event,) = append("told-5", SOLD)
    append("told-6", SAID)
    assert ordinary == [f"told-{number}" for number in range(7)]
    assert event.correlation_id == "story"
    (event,) = append("short", SOLD)
    assert (event.correlation_id, event.metadata) == (None, {})
    assert "short" not in ordinary


def test_a_store_that_writes_in_its_own_way_is_asked() -> None:
    seen = []

    class Audited(PostgreSQLEventStore):
        def write_events(self, stream_name: str, expected: Any, new: Any) -> Any:
            seen.append(stream_name)
            return super().write_events(stream_name, expected, new)

    store = Audited("default")
    store.append("short", SOLD)
    store.append("long", [SOLD])
    assert seen == ["short", "long"]


def test_observers_see_each_append() -> None:
    seen = []

    class Watching:
        @contextmanager
        def sending(self, sending: Sending) -> Iterator[None]:
            sending.carried["trace"] = "t"
            yield
            seen.append((sending.name, sending.count))

        def handling(self, given: Any, subscription: str | None) -> Any:
            raise AssertionError("an append handles nothing")

    watching = Watching()
    observers.append(watching)
    try:
        (event,) = append("short", SOLD)
    finally:
        observers.remove(watching)
    assert seen == [("short", 1)]
    assert event.metadata == {"trace": "t"}


def test_the_signal_is_sent_after_the_commit() -> None:
    heard: list[tuple[str, tuple[StoredEvent, ...]]] = []

    def hear(stream_name: str, events: tuple[StoredEvent, ...], **about: Any) -> None:
        heard.append((stream_name, events))

    events_appended.connect(hear)
    try:
        (first,) = append("short", SOLD)
        assert heard == [("short", (first,))]
        with transaction.atomic():
            (second,) = append("short", SOLD)
            assert len(heard) == 1
        assert heard[1:] == [("short", (second,))]
    finally:
        events_appended.disconnect(hear)


def test_a_transaction_takes_it_back(ordinary: list[str]) -> None:
    append("short", SOLD)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("short", SOLD)
        raise ZeroDivisionError
    (event,) = append("short", SOLD)
    assert event.offset == 1
    assert ordinary == []


def test_an_expected_version_is_kept(ordinary: list[str]) -> None:
    append("short", SOLD, expected_version=NO_STREAM)
    (event,) = append("short", SOLD, expected_version=0)
    assert event.offset == 1
    append("short", SOLD, expected_version=STREAM_EXISTS)
    for wrong in (NO_STREAM, 0, 9):
        with transaction.atomic():
            with pytest.raises(WrongExpectedVersion) as caught:
                append("short", SOLD, expected_version=wrong)
            assert (caught.value.expected, caught.value.actual) == (wrong, 2)
            append("other", SOLD)  # the transaction goes on
    with pytest.raises(WrongExpectedVersion):
        append("fresh", SOLD, expected_version=STREAM_EXISTS)
    create_stream("lines", concurrent=True)
    for _ in range(2):
        with pytest.raises(StreamKindConflict):
            append("lines", SOLD, expected_version=0)
        append("lines", SOLD)
    for refused, error in ((-2, InvalidValue), (True, InvalidType), ("0", InvalidType)):
        with pytest.raises(error, match="expected_version"):
            append("short", SOLD, expected_version=refused)
    assert len(list(read_stream("short"))) == 3
    assert ordinary == []


def test_others_wait_for_the_offset() -> None:
    append("short", SOLD)
    with sessions(2) as (first, second):
        first.begin()
        (one,) = first.run(append, "short", SOLD)
        waiting = second.start(append, "short", SOLD)
        assert event_store.fence() == one.position - 1
        first.commit()
        (two,) = waiting.result(10)
    assert (one.offset, two.offset) == (1, 2)
    assert one.timestamp < two.timestamp


def test_all_kinds_of_streams_are_written(ordinary: list[str]) -> None:
    create_stream("lines", concurrent=True)
    concurrent = [append("lines", SOLD)[0] for _ in range(3)]
    assert all(event.offset == event.position for event in concurrent)
    assert list(read_stream("lines")) == concurrent
    append("gone", SOLD)
    delete_stream("gone")
    with pytest.raises(StreamDeleted):
        append("gone", SOLD)
    with transaction.atomic():
        with pytest.raises(StreamDeleted):
            append("gone", SOLD)
        append("short", SOLD)  # the transaction goes on
    (event,) = async_to_sync(aappend)("short", SOLD)
    assert event.offset == 1
    assert ordinary == []


def test_what_is_refused_is_refused_alike() -> None:
    for wrong in ("", "-a", "a" * 256, "a\0"):
        errors = []
        for events in (SOLD, [SOLD]):
            with pytest.raises(InvalidValue) as caught:
                append(wrong, events)
            errors.append((caught.value.field, str(caught.value)))
        assert errors[0] == errors[1]
    with pytest.raises(InvalidType, match="stream_name"):
        append(5, SOLD)  # type: ignore[arg-type]
    long = Sold("x" * 300_000, SOLD.price, SOLD.at, [])
    errors = []
    for given in (long, [long]):
        with pytest.raises(InvalidValue) as caught:
            append("short", given)
        errors.append((caught.value.field, caught.value.limit, str(caught.value)))
    assert errors[0] == errors[1]
    assert errors[0][:2] == ("events[0].data", 256 * 1024)
    assert list(read_stream("short", 0)) == []


def test_a_name_that_is_too_long_is_not_kept() -> None:
    known = arguments.is_name.cache_info()
    for given in (SOLD, [SOLD]):
        with pytest.raises(InvalidValue, match="255"):
            append("a" * 1_000_000, given)
    assert arguments.is_name.cache_info() == known


def test_limits_hold_for_a_name_that_is_known(settings: Any) -> None:
    append("short", SOLD)
    append("sh", SOLD)
    settings.EVENT_STREAM_LIMITS = {"name_length": 4}
    for given in (SOLD, [SOLD]):
        with pytest.raises(InvalidValue, match="1 to 4 characters"):
            append("short", given)
        (event,) = append("sh", given)
    settings.EVENT_STREAM_LIMITS = {"data_bytes": 20}
    for given in (SOLD, [SOLD]):
        with pytest.raises(InvalidValue, match="the limit is 20"):
            append("short", given)
    settings.EVENT_STREAM_LIMITS = {}
    (event,) = append("short", SOLD)
    assert event.offset == 1


def test_few_names_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_texts, "MOST_STREAMS", 3)
    for number in range(20):
        (event,) = append(f"order-{number % 7}", SOLD)
        assert event.stream_name == f"order-{number % 7}"
        assert len(kept_texts.known_streams) <= 3
    assert [event.offset for event in read_stream("order-5")] == [0, 1, 2]


def test_a_transaction_that_is_to_be_rolled_back_takes_no_more() -> None:
    """It need not be a block of Django's by then."""
    transaction.set_autocommit(False)
    try:
        assert not stream_info("short").exists  # it has begun
        with pytest.raises(ZeroDivisionError), transaction.atomic(savepoint=False):
            raise ZeroDivisionError
        for given in (SOLD, [SOLD]):
            with pytest.raises(TransactionManagementError):
                append("short", given)
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


def test_who_waits_in_this_process_is_rung_after_the_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ListenedWaiters, "begin", lambda self: None)
    rung: list[str] = []

    def ring(more: bool) -> None:
        rung.append("rung" if len(list(read_stream("short"))) == 1 else "too early")

    with event_store.waiters.waiting(["short"], ring):
        append("other", SOLD)
        append("short", SOLD)
    assert rung == ["rung"]


def test_a_write_that_took_longer_than_an_announcement_lasts_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append("short", SOLD)
    real = wire.text_by
    took = 0.0

    def slowly(*args: Any) -> tuple[str | None, Any] | None:
        moved.advance(took)
        return real(*args)

    monkeypatch.setattr(wire, "text_by", slowly)
    for module in (short_appends, relational):  # nobody has ever waited here
        monkeypatch.setattr(module, "known_waiters", lambda place: None)
    monkeypatch.setattr(announcing, "WINDOW", 5.0)
    with ear() as hearer, clock.use_clock(clock.SimulatedClock()) as found:
        moved = cast(clock.SimulatedClock, found)
        announcing._by_database.clear()
        announced(ANYTHING)
        append("short", SOLD)
        assert hearer.heard() == []
        took = 6.0
        append("short", SOLD)
        assert hearer.heard() == ["short"]
        took = 0.0
        with transaction.atomic():
            assert stream_info("short").last_offset == 2  # it has begun
            append("short", SOLD)
            moved.advance(6.0)
        assert hearer.heard() == ["short"]
