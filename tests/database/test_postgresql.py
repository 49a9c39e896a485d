"""The ORM's store on PostgreSQL: row locks, the fence, and the other store."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import override_settings

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.exceptions import LeaseLost, UnsafeIsolation
from eventstreaming.types import EventData
from tests.sessions import Session, execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

NOTED = EventData("Noted", {"a": [1, None]})
MARKERS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = "
    "'eventstreaming_event'::regclass::oid"
)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def store() -> DatabaseEventStore:
    return DatabaseEventStore("tests")


@pytest.fixture
def other() -> Iterator[Session]:
    with sessions(1) as (session,):
        yield session


def count(sql: str) -> int:
    ((number,),) = execute(sql)
    return int(number)


def test_flags_are_those_of_the_database(store: DatabaseEventStore) -> None:
    assert store.supports_concurrent_writers
    assert store.enforces_immutability


def test_writer_that_waits_for_the_stream_does_not_hold_the_fence(
    store: DatabaseEventStore,
) -> None:
    store.append("hot", NOTED)
    with sessions(2) as (first, second):
        first.begin()
        first.run(store.append, "hot", NOTED)
        waiting = second.start(store.append, "hot", NOTED)
        while not count(WAITING):
            assert not waiting.done()
        assert count(MARKERS) == 1
        assert len(list(store.read_all())) == 1
        first.commit()
        (event,) = waiting.result(timeout=30)
    assert event.offset == 2
    assert [event.offset for event in store.read_all()] == [0, 1, 2]


def test_old_snapshot_is_not_read_by_position(store: DatabaseEventStore) -> None:
    store.append("stream", NOTED)
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(UnsafeIsolation):
            list(store.read_all())
        assert len(list(store.read_stream("stream"))) == 1


def test_locked_messages_are_passed_over(
    store: DatabaseEventStore, other: Session
) -> None:
    first, second = store.enqueue_many("queue", [{"n": 1}, {"n": 2}])
    other.begin()
    other.execute(
        "SELECT 1 FROM eventstreaming_message WHERE id = %s FOR UPDATE", [int(first)]
    )
    assert [message.message_id for message in store.dequeue_many("queue", 9)] == [
        second
    ]
    assert store.pop("queue") is None


def test_lease_about_to_be_acknowledged_counts_as_held(
    store: DatabaseEventStore, other: Session
) -> None:
    store.enqueue_many("queue", [{"n": 1}, {"n": 2}])
    held, lost = store.dequeue_many("queue", 2, 60)
    store.acknowledge("queue", lost.message_id)
    other.begin()
    other.run(held.acknowledge)
    execute("SET lock_timeout = '1s'")
    assert store.extend_many([held, lost], 60) == [lost]
    execute("RESET lock_timeout")
    other.commit()
    assert store.extend_many([held, lost], 60) == [held, lost]


def test_decision_waits_for_the_one_before_it(
    store: DatabaseEventStore, other: Session
) -> None:
    """The condition is looked at again once the lock is there."""
    store.enqueue("queue", {"n": 1})
    message = store.dequeue("queue")
    assert message is not None
    other.begin()
    other.run(message.nack, delay=0)
    timer = threading.Timer(0.2, other.commit)
    timer.start()
    with pytest.raises(LeaseLost) as caught:
        message.acknowledge()
    timer.join()
    assert caught.value.reason == "released"


def test_both_stores_share_their_tables() -> None:
    stores: list[BaseEventStore] = [
        DatabaseEventStore("orm"),
        PostgreSQLEventStore("sql"),
    ]
    for one, other in (stores, stores[::-1]):
        name = f"{one.alias}-shared"
        written = one.append(name, [NOTED, NOTED], metadata={"b": 1, "aa": 2})
        written += other.append(name, NOTED, expected_version=1)
        assert list(other.read_stream(name)) == written
        assert list(one.read_stream(name)) == written
        assert list(one.read_category(one.alias)) == written
        assert one.stream_info(name) == other.stream_info(name)
        assert one.fence() == other.fence() == written[-1].position

        one.enqueue_many(name, [{"n": 1}, {"n": 2}, {"n": 3}], headers={"h": 1})
        mine, theirs = one.dequeue_many(name, 2, 60)
        other.acknowledge(name, mine.message_id, receipt=mine.receipt)
        assert other.nack(name, theirs.message_id, receipt=theirs.receipt, delay=60)
        assert other.extend_many([theirs], 60) == [theirs]
        dead = other.dequeue(name)
        assert dead is not None
        one.nack(name, dead.message_id, receipt=dead.receipt, dead_letter=True)
        assert one.dead_letters(name) == other.dead_letters(name)
        info = one.queue_info(name)
        assert info == other.queue_info(name)
        assert (info.ready, info.delayed, info.dead) == (0, 1, 1)
        assert other.redrive(name) == 1
        assert one.purge(name) == 2


@pytest.fixture
def without_time_zones() -> Iterator[None]:
    with override_settings(USE_TZ=False, TIME_ZONE="Asia/Tokyo"):
        forget_connection()
        yield
    forget_connection()


def forget_connection() -> None:
    """Close it, and let it look at the settings again."""
    connection.close()
    for name in ("timezone", "timezone_name"):
        connection.__dict__.pop(name, None)


def test_times_are_aware_whatever_the_project_uses(
    store: DatabaseEventStore, without_time_zones: None
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    (event,) = store.append("stream", NOTED)
    assert list(store.read_stream("stream")) == [event]
    store.enqueue("queue", {}, expires_in=60)
    message = store.dequeue("queue", 10)
    assert message is not None
    assert store.dequeue("queue") is None
    until = message.extend(20)
    message.nack(dead_letter=True)
    (letter,) = store.dead_letters("queue")
    after = datetime.now(UTC) + timedelta(seconds=1)
    for moment in (
        event.timestamp,
        message.enqueued_at,
        message.visible_until - timedelta(seconds=10),
        until - timedelta(seconds=20),
        letter.enqueued_at,
        letter.died_at,
    ):
        assert before < moment < after
