"""What SQLite does differently: one writer, and times as text."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db import OperationalError, connections, transaction

from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.exceptions import EventsTruncated
from eventstreaming.models import (
    Checkpoint,
    Event,
    Message,
    Queue,
    Stream,
    Subscription,
)
from eventstreaming.operations.subscription_status import subscription_statuses
from eventstreaming.processing.outages import Patience, is_contention, is_outage
from eventstreaming.types import EventData

pytestmark = pytest.mark.django_db(transaction=True, databases=["sqlite"])

NOTED = EventData("Noted", {})


@pytest.fixture
def store() -> DatabaseEventStore:
    return DatabaseEventStore("tests", database="sqlite")


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Return a connection of somebody else."""
    path = connections["sqlite"].settings_dict["NAME"]
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with closing(connection):
        yield connection


def test_flags_say_what_sqlite_cannot_do(store: DatabaseEventStore) -> None:
    assert not store.supports_concurrent_writers
    assert not store.enforces_immutability
    assert store.supports_transactions


def test_writer_waits_for_another(
    store: DatabaseEventStore, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    timer.start()
    assert [event.offset for event in store.append("waiting", NOTED)] == [0]
    timer.join()


def test_nobody_waits_to_read_or_to_find_no_message(
    store: DatabaseEventStore, other: sqlite3.Connection
) -> None:
    store.append("read", NOTED)
    other.execute("BEGIN IMMEDIATE")
    store.connection.cursor().execute("PRAGMA busy_timeout = 0")
    assert len(list(store.read_all())) == 1
    assert store.dequeue("empty") is None
    store.connection.close()


def test_handlers_may_read_before_they_write(store: DatabaseEventStore) -> None:
    """Their transaction took the lock at its beginning."""
    store.enqueue("queue", {"n": 1})
    message = store.dequeue("queue")
    assert message is not None
    for block in (message.atomic(), store.batch()):
        with block:
            list(store.read_stream("elsewhere"))
            with pytest.raises(OperationalError, match="database is locked"):
                append_impatiently()
            store.append("effects", NOTED)
    assert store.stream_info("effects").length == 2
    assert store.queue_info("queue").depth == 0


def append_impatiently() -> None:
    """Append in another thread, which does not wait for the lock."""
    errors: list[Exception] = []

    def append() -> None:
        store = DatabaseEventStore("other", database="sqlite")
        store.connection.cursor().execute("PRAGMA busy_timeout = 0")
        try:
            store.append("other", NOTED)
        except OperationalError as error:
            errors.append(error)
        finally:
            store.connection.close()

    thread = threading.Thread(target=append)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def test_locked_database_is_contention_and_tried_again(
    store: DatabaseEventStore, other: sqlite3.Connection
) -> None:
    store.connection.cursor().execute("PRAGMA busy_timeout = 0")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as caught:
        store.append("locked", NOTED)
    assert is_contention(caught.value)
    assert not is_outage(caught.value, "sqlite")

    patience = Patience("test", "sqlite", threading.Event())
    assert patience.attempt(lambda: store.append("locked", NOTED)) is None
    other.execute("ROLLBACK")
    assert patience.attempt(lambda: store.append("locked", NOTED)) is not None
    store.connection.close()


def test_locked_database_leaves_nothing_behind(
    store: DatabaseEventStore, other: sqlite3.Connection
) -> None:
    """A transaction that has read is refused at once when another has written."""
    with pytest.raises(OperationalError) as caught, transaction.atomic("sqlite"):
        store.stream_info("stale")
        other.execute("BEGIN IMMEDIATE")
        store.append("stale", NOTED)
    assert is_contention(caught.value)
    other.execute("ROLLBACK")
    assert not store.stream_info("stale").exists


def test_other_errors_of_sqlite_are_no_contention(store: DatabaseEventStore) -> None:
    with pytest.raises(OperationalError) as caught:
        store.connection.cursor().execute("SELECT FROM nowhere")
    assert not is_contention(caught.value)
    assert not is_outage(caught.value, "sqlite")


def test_times_are_right_in_any_time_zone_of_the_database(
    store: DatabaseEventStore,
) -> None:
    connection = store.connection
    with mock.patch.dict(connection.settings_dict, TIME_ZONE="Asia/Tokyo"):
        connection.__dict__.pop("timezone", None)
        before = datetime.now(UTC) - timedelta(seconds=1)
        (event,) = store.append("times", NOTED)
        store.enqueue("times", {}, expires_in=60)
        message = store.dequeue("times", 10)
        assert message is not None
        assert store.dequeue("times") is None
        until = message.extend(20)
        after = datetime.now(UTC) + timedelta(seconds=1)
        assert before < event.timestamp < after
        assert list(store.read_stream("times")) == [event]
        assert before < message.enqueued_at < after
        assert before < message.visible_until - timedelta(seconds=10) < after
        assert before < until - timedelta(seconds=20) < after
    connection.__dict__.pop("timezone", None)


def test_position_of_a_deleted_event_is_not_given_out_again(
    store: DatabaseEventStore,
) -> None:
    last = store.append("short-lived", [NOTED] * 3)[-1]
    Stream.objects.using("sqlite").update(first_offset=3)
    Event.objects.using("sqlite").all().delete()
    (event,) = store.append("short-lived", NOTED)
    assert event.offset == 3
    assert event.position == last.position + 1


def test_reader_behind_a_truncated_start_is_told(store: DatabaseEventStore) -> None:
    store.append("cut", [NOTED] * 5)
    Stream.objects.using("sqlite").update(first_offset=2)
    Event.objects.using("sqlite").filter(offset__lt=2).delete()
    with pytest.raises(EventsTruncated) as caught:
        list(store.read_stream("cut", 0))
    assert caught.value.first_offset == 2
    assert [event.offset for event in store.read_stream("cut")] == [2, 3, 4]
    assert [event.offset for event in store.read_stream("cut", 2)] == [2, 3, 4]
    info = store.stream_info("cut")
    assert (info.first_offset, info.last_offset, info.length) == (2, 4, 3)


def test_settings_of_a_queue_count(store: DatabaseEventStore) -> None:
    settings = Queue.objects.using("sqlite").create(
        name="set", visibility_timeout=7, max_attempts=2, max_deliveries=3, backoff=[0]
    )
    store.enqueue("set", {"n": 1})
    message = store.dequeue("set")
    assert message is not None
    held = message.visible_until - message.enqueued_at
    assert timedelta(seconds=7) <= held < timedelta(seconds=17)
    assert store.queue_settings("set").visibility_timeout == 7
    assert message.nack() is True

    message = store.dequeue("set")
    assert message is not None
    assert message.nack(error="no") is False

    settings.paused_at = datetime.now(UTC)
    settings.save()
    store.enqueue("set", {"n": 2})
    assert store.dequeue("set") is None
    assert store.pop("set") is None


def test_the_first_error_and_the_last_nine_are_kept(store: DatabaseEventStore) -> None:
    store.enqueue("failing", {})
    for attempt in range(1, 14):
        message = store.dequeue("failing")
        assert message is not None
        store.nack(
            "failing", message.message_id, delay=0, max_attempts=99, error=f"E{attempt}"
        )
    errors = Message.objects.using("sqlite").get().errors
    kept = [1, *range(5, 14)]
    assert [entry["error"] for entry in errors] == [f"E{n}" for n in kept]
    assert [entry["attempt"] for entry in errors] == kept
    assert datetime.fromisoformat(errors[0]["at"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("source", ["order-1", "order-*", "*"])
def test_partitions_tell_their_lag(store: DatabaseEventStore, source: str) -> None:
    store.append("order-1", [NOTED] * 3, key="a")
    store.append("user-1", [NOTED] * 2, key="a")
    row = Subscription.objects.using("sqlite").create(
        name="group", source=source, partitions=2
    )
    Checkpoint.objects.using("sqlite").bulk_create(
        Checkpoint(
            subscription=row,
            partition=n,
            first_bucket=n * 512,
            last_bucket=n * 512 + 511,
        )
        for n in range(2)
    )
    (found,) = subscription_statuses(store, "sqlite")
    expected = [0, 5 if source == "*" else 3]
    assert sorted(item.lag for item in found.partitions) == expected
    assert 0 < found.behind < 60
