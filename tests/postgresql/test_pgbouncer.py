"""Everything but LISTEN works through pgbouncer in transaction mode."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from eventstreaming import (
    ANY_VERSION,
    Append,
    EventData,
    acknowledge_many,
    append,
    append_many,
    consume,
    dead_letters,
    dequeue,
    dequeue_many,
    enqueue,
    enqueue_many,
    pop,
    queue_info,
    read_all,
    read_category,
    read_stream,
    redrive,
    stream_info,
)
from tests.postgresql.pgbouncer import PROGRAM, pooled
from tests.processes.workers import WorkerProcess
from tests.sessions import execute, sessions
from tests.workerapp.models import Effect

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed"),
]

NOTED = EventData("Noted", {"n": 1})


@pytest.fixture
def one_connection() -> Iterator[str]:
    """Everybody gets the same connection to the server, transaction by transaction."""
    with pooled(1) as url:
        yield url


@pytest.fixture
def two_connections() -> Iterator[str]:
    with pooled(2) as url:
        yield url


def backend() -> int:
    ((pid,),) = execute("SELECT pg_backend_pid()")
    return int(pid)


def test_clients_share_a_connection_that_prepares_nothing(one_connection: str) -> None:
    with sessions(3) as clients:
        assert len({client.run(backend) for client in clients} | {backend()}) == 1
        for client in clients:
            client.run(enqueue_many, "mail", [{"n": 1}] * 20)
            for message in client.run(dequeue_many, "mail", 20):
                client.run(message.acknowledge)
    assert connection.connection.prepare_threshold is None
    prepared = "SELECT count(*) FROM pg_prepared_statements"
    assert execute(prepared) == [(0,)]


def test_streams(one_connection: str) -> None:
    append("order-1", [NOTED] * 3, expected_version=-1)
    append("bulk", [NOTED] * 2_000)
    append_many([Append("order-2", NOTED, ANY_VERSION), Append("order-1", NOTED)])
    assert [event.offset for event in read_stream("order-1")] == [0, 1, 2, 3]
    assert len(list(read_category("order"))) == 5
    assert len(list(read_all())) == 2_005
    assert stream_info("bulk").length == 2_000
    with pytest.raises(RuntimeError), transaction.atomic():
        append("order-1", NOTED)
        raise RuntimeError
    assert stream_info("order-1").length == 4


def test_queues(one_connection: str) -> None:
    enqueue_many("mail", [{"n": n} for n in range(6)])
    enqueue("mail", {"n": 6}, delay=60)
    message = dequeue("mail")
    assert message is not None
    message.extend(60)
    with message.atomic():
        Effect.objects.create(kind="pooled", number=1, process=1)
    assert acknowledge_many("mail", dequeue_many("mail", 2)) == []
    failing = dequeue("mail")
    assert failing is not None
    failing.nack(dead_letter=True, error="no")
    assert len(dead_letters("mail")) == redrive("mail") == 1
    assert pop("mail") is not None
    assert len(list(consume("mail"))) == 2
    assert Effect.objects.filter(kind="pooled").count() == 1
    assert queue_info("mail").delayed == queue_info("mail").depth == 1


def test_an_effect_and_its_acknowledge_roll_back_together(one_connection: str) -> None:
    enqueue("mail", {"n": 1})
    message = dequeue("mail")
    assert message is not None
    with pytest.raises(RuntimeError), message.atomic():
        Effect.objects.create(kind="pooled", number=1, process=1)
        raise RuntimeError
    assert not Effect.objects.exists()
    message.acknowledge()


def test_marker_of_the_fence_ends_with_its_transaction(two_connections: str) -> None:
    """The next client of the same connection begins without it, and sets its own."""
    with sessions(2) as (first, second):
        for end in (first.commit, first.rollback):
            append("before", NOTED)
            first.begin()
            first.run(append, "open", NOTED)
            held_by = first.run(backend)
            before = len(list(read_all()))
            append("after", NOTED)
            assert len(list(read_all())) == before  # it lies beyond the fence
            end()
            locks = (
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            assert execute(locks) == [(0,)]
            assert len(list(read_all())) > before
            second.begin()
            append("holder", NOTED)  # takes one of the two connections, or waits
            second.run(append, "open", NOTED)
            assert held_by in {second.run(backend), backend()}
            (marked,) = second.execute(locks)
            assert marked == (1,)
            second.rollback()


def test_workers_drain_everything(two_connections: str) -> None:
    enqueue_many("work.plain", [{"number": n} for n in range(50)])
    enqueue_many("work.exact", [{"number": n} for n in range(5)])
    enqueue("work.async", {"number": 1})
    append("work-log", [EventData("Wanted", {}), EventData("Other", {})])
    with WorkerProcess("--batch", url=two_connections) as worker:
        code, log = worker.finish()
    assert code == 0, log
    done = Effect.objects.values_list("kind", flat=True)
    assert sorted(done).count("exact") == 5
    assert sorted(done).count("plain") == 51
    assert sorted(done).count("log") == 2
    assert queue_info("work.plain").depth == queue_info("work.exact").depth == 0
