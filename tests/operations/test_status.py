"""The status names who holds readers back, and counts nothing row by row."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from eventstreaming import (
    EventData,
    append,
    dequeue,
    enqueue_many,
    event_store,
    event_stores,
    truncate_stream,
)
from eventstreaming.exceptions import InvalidArgument, UnsupportedOperation
from eventstreaming.http.documents import status_document
from eventstreaming.management.status_text import status_text
from eventstreaming.models import Subscription, WorkerHeartbeat
from eventstreaming.operations.status import StoreStatus, store_status
from tests.operations.histories import write_history
from tests.operations.runners import runner
from tests.secret_payloads import HIDE
from tests.sessions import sessions

NOTED = EventData("Noted", {})
STORES = {
    "default": {},
    "sqlite": {"OPTIONS": {"database": "sqlite"}},
    "memory": {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"},
}


@pytest.mark.django_db(transaction=True)
def test_transaction_that_holds_the_fence_is_named() -> None:
    before = append("orders", NOTED)[0].position
    with sessions(1) as (writer,):
        ((pid,),) = writer.execute("SELECT pg_backend_pid()")
        writer.execute("SET application_name = 'slow-import'")
        writer.begin()
        writer.run(append, "slow", NOTED)
        append("fast", [NOTED] * 3)
        writer.execute("SELECT 'still at it'")
        fence = store_status().fence
        assert (fence.last_position, fence.fence) == (before + 4, before)
        assert fence.lag == 4
        (holder,) = fence.holders
        assert (holder.pid, holder.position) == (pid, before)
        assert (holder.application, holder.state) == (
            "slow-import",
            "idle in transaction",
        )
        assert holder.query == "SELECT 'still at it'"
        told = status_document(store_status(), payload=False)
        assert told["fence"]["holders"][0]["query"] == ""
        assert "still at it" in "\n".join(status_text(store_status()))
        with override_settings(EVENT_STREAM_REDACTION=HIDE):
            assert store_status().fence.holders[0].query == ""
            assert "statement is hidden" in "\n".join(status_text(store_status()))
        assert holder.seconds is not None
        assert 0 <= holder.seconds < 60
        assert holder.user
        writer.commit()
    fence = store_status().fence
    assert (fence.lag, fence.holders) == (0, ())


@pytest.mark.django_db(transaction=True)
def test_transactions_that_hold_nobody_are_not_named() -> None:
    with sessions(3) as (writer, late, idle):
        for session in (writer, late, idle):
            session.begin()
        writer.run(append, "slow", NOTED)
        last = append("fast", NOTED)[0].position
        idle.execute("SELECT 1")
        late.execute(  # it has marked the last position, and drawn none
            "SELECT pg_advisory_xact_lock_shared("
            "'eventstreaming_event'::regclass::oid::int, %s)",
            [last],
        )
        ((pid,),) = writer.execute("SELECT pg_backend_pid()")
        assert [holder.pid for holder in store_status().fence.holders] == [pid]


@pytest.mark.django_db(transaction=True)
def test_the_one_that_holds_the_fence_comes_first() -> None:
    with sessions(3) as writers:
        pids = [writer.execute("SELECT pg_backend_pid()")[0][0] for writer in writers]
        for number, writer in enumerate(writers):
            writer.begin()
            writer.run(append, f"slow-{number}", NOTED)
        append("fast", NOTED)
        assert [holder.pid for holder in store_status().fence.holders] == pids


def look(**options: object) -> StoreStatus:
    return store_status(**options)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_streams_answer_from_their_heads() -> None:
    for name in ("order-1", "order-2", "orders"):
        append(name, [NOTED] * 5)
    truncate_stream("order-2", 2)
    status = look()
    assert [(i.stream_name, i.first_offset, i.length) for i in status.streams] == [
        ("order-1", 0, 5),
        ("order-2", 2, 3),
        ("orders", 0, 5),
    ]
    assert not status.more_streams
    status = look(names=["order-*"], limit=1)
    assert [info.stream_name for info in status.streams] == ["order-1"]
    assert status.more_streams


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["order-1", "order-*", "*"])
def test_subscription_says_how_far_behind_it_is(source: str) -> None:
    write_history("order-1", [100, 90, 80, 70, 60])
    subscription, _ = runner(source, batch_size=2)
    (new,) = look().subscriptions
    assert (new.place, new.lag, new.idle, new.state) == (None, 5, None, "active")
    assert 100 <= new.behind < 110
    subscription.run_batch()
    (status,) = look().subscriptions
    assert (status.name, status.source) == ("tested", source)
    assert (status.lag, status.lag_is_exact) == (3, True)
    assert 80 <= status.behind < 90
    assert status.idle is not None
    assert status.idle < 10
    subscription.run_batch()
    subscription.run_batch()
    (status,) = look().subscriptions
    assert (status.lag, status.behind) == (0, 0.0)


@pytest.mark.django_db
def test_stopped_subscription_shows_its_error() -> None:
    append("orders", [NOTED] * 5)
    subscription, _ = runner("orders", batch_size=1)
    subscription.run_batch()
    truncate_stream("orders", 3)
    subscription.run_batch()
    (status,) = look().subscriptions
    assert status.state == "stopped"
    assert "no longer kept" in status.error
    assert status.lag == 2
    Subscription.objects.all().delete()
    assert look().subscriptions == []


@pytest.mark.django_db
def test_queues_are_those_that_hold_something() -> None:
    enqueue_many("mail", [{}] * 3)
    enqueue_many("dead", [{}])
    message = dequeue("dead")
    assert message is not None
    message.nack(dead_letter=True)
    event_store.configure_queue("quiet", max_attempts=3)
    event_store.configure_queue("mail-*", max_attempts=3)
    queues = {info.stream_name: (info.ready, info.dead) for info in look().queues}
    assert queues == {"mail": (3, 0), "dead": (0, 1), "quiet": (0, 0)}


@pytest.mark.django_db
def test_status_does_not_read_more_the_more_there_is() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            look(limit=2)
        return len(captured.captured_queries)

    append("order-1", NOTED)
    append("order-2", NOTED)
    few = queries()
    for number in range(3, 9):
        append(f"order-{number}", [NOTED] * 50)
    assert queries() == few


@pytest.fixture
def stores() -> Iterator[None]:
    with override_settings(EVENT_STORES=STORES):
        event_stores.forget()
        yield
    event_stores.forget()


@pytest.mark.usefixtures("stores")
@pytest.mark.django_db(databases=["default", "sqlite"])
def test_sqlite_has_a_status_and_memory_has_none() -> None:
    append("orders", [NOTED] * 3, store="sqlite")
    enqueue_many("mail", [{}], store="sqlite")
    status = look(store="sqlite")
    assert status.fence.lag == 0
    assert status.streams[0].length == 3
    assert status.queues[0].ready == 1
    with pytest.raises(UnsupportedOperation, match="no status"):
        look(store="memory")


@pytest.mark.django_db
def test_bad_arguments_are_refused() -> None:
    for options in ({"names": ["a*"]}, {"limit": -1}, {"limit": True}):
        with pytest.raises(InvalidArgument):
            look(**options)


@pytest.mark.django_db
def test_workers_are_shown_and_those_that_fell_silent_are_told() -> None:
    for pid, seconds in ((1, 5), (2, 600)):
        WorkerHeartbeat.objects.create(
            worker_id=f"web:{pid}:x",
            host="web",
            pid=pid,
            version="0.1.0",
            state="running",
            queues=["mails"],
            subscriptions=[],
            threads=4,
            in_flight=3,
            done=1000,
            failed=2,
            handled=0,
            memory=2**20,
            started_at=Now() - timedelta(hours=2),
            beat_at=Now() - timedelta(seconds=seconds),
        )
    running, lost = look().workers
    assert (running.pid, running.silent, lost.pid, lost.silent) == (1, False, 2, True)
    assert 7200 <= running.age < 7300
    assert list(status_text(look()))[-3:] == [
        "worker  state                in flight   done  failed  events  MiB  up",
        "web:1   running                      3  1,000       2       0    1  2.0 h",
        "web:2   silent for 10.0 min          3  1,000       2       0    1  2.0 h",
    ]
