"""A batch of a subscription to one stream begins in one round trip."""

import threading
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from django.db import DataError, connection
from psycopg import Connection

from eventstreaming import (
    EventData,
    append,
    create_stream,
    event_store,
    truncate_stream,
)
from eventstreaming.backends.base_streams import BegunBatch
from eventstreaming.backends.postgresql import bound
from eventstreaming.exceptions import EventsTruncated
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.subscriptions import SubscriptionRunner
from tests.processing.groups import worker
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runner() -> SubscriptionRunner:
    append("order-1", [EventData("Placed", {"n": n}) for n in range(5)])
    return worker(lambda event: None, "order-1")


def begun() -> BegunBatch | None:
    return event_store.batch_beginning("group", "order-1", None, 10, 2.0)()


def offsets(batch: BegunBatch | None, after: int | None, until: int | None) -> Any:
    assert batch is not None
    page = batch.page(after, until)
    return page and ([event.offset for event in page[0]], page[1])


def test_partition_is_the_one_that_django_reads(runner: SubscriptionRunner) -> None:
    retry_at = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    Checkpoint.objects.update(offset=1, retry_at=retry_at)
    with event_store.batch():
        taken = runner.chooser.take([], None)
        assert runner.chooser.claims.page is not None
    expected = Checkpoint.objects.select_related("subscription").get()
    for field in Checkpoint._meta.concrete_fields:
        assert getattr(taken, field.attname) == getattr(expected, field.attname)
    assert taken.subscription.partitions == 1
    assert taken.subscription.source == "order-1"
    assert taken.seen_lately is False


def test_page_follows_the_place_up_to_the_barrier(runner: SubscriptionRunner) -> None:
    with event_store.batch():
        assert offsets(begun(), None, None) == ([0, 1, 2, 3, 4], 4)
    Checkpoint.objects.update(offset=1, barrier=3)
    with event_store.batch():
        assert offsets(begun(), 1, 3) == ([2, 3], 3)
    Checkpoint.objects.update(offset=4, barrier=None)
    with event_store.batch():
        assert offsets(begun(), 4, None) == ([], 4)
    truncate_stream("order-1", 3)
    Checkpoint.objects.update(offset=1)
    with event_store.batch():
        batch = begun()
        assert batch is not None  # held, so that it can be stopped
        with pytest.raises(EventsTruncated):
            batch.page(1, None)


def test_partition_that_another_one_holds_is_not_waited_for(
    runner: SubscriptionRunner,
) -> None:
    with sessions(2) as (one, other):
        one.begin()
        assert one.run(begun) is not None
        other.begin()
        assert other.run(begun) is None
        one.commit()
        assert other.run(begun) is not None


def test_share_and_concurrent_stream_are_read_apart(
    runner: SubscriptionRunner,
) -> None:
    create_stream("order-2", concurrent=True)
    append("order-2", EventData("Placed", {}))
    with event_store.batch():
        batch = event_store.batch_beginning("group", "order-2", None, 10, 2.0)()
        assert batch is not None
        assert batch.page(None, None) is None  # it needs a fence first
    Checkpoint.objects.update(last_bucket=511)
    with event_store.batch():
        assert runner.chooser.take([], None) is not None
        assert runner.chooser.claims.page is None


def test_begin_goes_along_and_says_the_level(runner: SubscriptionRunner) -> None:
    driver: Any = connection.connection
    notices: list[str] = []
    driver.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    waits = mock.Mock(wraps=driver._get_tx_start_command)
    execute("SET default_transaction_isolation = serializable")
    try:
        with (
            mock.patch.object(driver, "_get_tx_start_command", waits),
            event_store.batch(),
        ):
            assert begun() is not None
            assert execute("SHOW transaction_isolation") == [("read committed",)]
            execute("UPDATE eventstreaming_checkpoint SET handled = 7")
            assert begun() is not None  # in the same transaction
    finally:
        execute("RESET default_transaction_isolation")
    waits.assert_not_called()  # psycopg has sent no BEGIN that it waits for
    assert notices == []  # nor has there been a second one
    assert connection.get_autocommit()
    assert Checkpoint.objects.get().handled == 7


def test_batch_that_cannot_begin_leaves_its_connection_in_order(
    runner: SubscriptionRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(bound, "statement", lambda name: "SELECT 1 / 0")
        with pytest.raises(DataError), event_store.batch():
            begun()
    driver: Connection[Any] = connection.connection
    assert driver.info.transaction_status.name == "IDLE"
    with event_store.batch():
        assert offsets(begun(), None, None) == ([0, 1, 2, 3, 4], 4)


def test_partition_that_is_taken_again_is_as_it_has_become(
    runner: SubscriptionRunner,
) -> None:
    with event_store.batch():
        first = runner.chooser.take([], None)
        assert (first.offset, first.subscription.wanted_partitions) == (None, None)
    Checkpoint.objects.update(offset=2, error="no", attempts=3, handled=9)
    Subscription.objects.update(wanted_partitions=4)
    with event_store.batch():
        taken = runner.chooser.take([], None)
    expected = Checkpoint.objects.select_related("subscription").get()
    for field in Checkpoint._meta.concrete_fields:
        assert getattr(taken, field.attname) == getattr(expected, field.attname)
    assert taken.subscription.wanted_partitions == 4


def test_runner_that_is_ready_has_told_the_server_nothing(
    runner: SubscriptionRunner,
) -> None:
    assert runner.run_batch() is BatchResult.PROGRESSED
    runner.get_ready()
    runner.get_ready()  # it is already
    driver: Any = connection.connection
    assert driver.info.transaction_status.name == "IDLE"
    with sessions(1) as (other,):
        other.run(append, "order-1", EventData("Placed", {}))
        assert other.execute(
            "UPDATE eventstreaming_checkpoint SET attempts = 1 RETURNING handled"
        ) == [(5,)]
    assert runner.run_batch() is BatchResult.PROGRESSED
    assert connection.get_autocommit()
    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.handled, checkpoint.offset, checkpoint.attempts) == (6, 5, 0)


def test_runner_that_is_ready_may_leave(runner: SubscriptionRunner) -> None:
    runner.get_ready()
    assert connection.in_atomic_block
    runner.close()
    assert connection.get_autocommit()
    assert not connection.in_atomic_block
    runner.get_ready()
    connection.connection.close()
    runner.close()  # which is no reason to fail
    connection.close()
    assert runner.run_batch() is BatchResult.PROGRESSED


def test_connection_that_is_lost_meanwhile_is_an_outage(
    runner: SubscriptionRunner,
) -> None:
    stop = threading.Event()
    stop.set()  # it does not wait
    patience = Patience("group", "default", stop)
    runner.get_ready()
    with sessions(1) as (other,):
        kill = "SELECT pg_terminate_backend(%s, 5000)"
        other.execute(kill, [connection.connection.info.backend_pid])
    assert patience.attempt(runner.run_batch) is None
    assert patience.attempt(runner.run_batch) is BatchResult.PROGRESSED
    assert Checkpoint.objects.get().handled == 5


def test_batch_that_was_ready_and_fails_is_run_again_with_savepoints() -> None:
    seen = []

    def fail_at_two(event: Any) -> None:
        seen.append(event.offset)
        if event.offset == 2:
            raise ValueError("no")

    append("order-1", [EventData("Placed", {"n": n}) for n in range(4)])
    runner = worker(
        fail_at_two, "order-1", careful=False, on_failure="skip", max_attempts=1
    )
    runner.get_ready()
    assert runner.run_batch() is BatchResult.PROGRESSED
    assert seen == [0, 1, 2, 0, 1, 2, 3]
    assert Checkpoint.objects.get().offset == 3


def test_special_transactions_begin_as_psycopg_begins_them(
    runner: SubscriptionRunner,
) -> None:
    driver: Any = connection.connection
    driver.read_only = False
    with (
        mock.patch.object(driver, "pipeline") as pipeline,
        event_store.batch(),
    ):
        assert begun() is not None
        assert execute("SHOW transaction_read_only") == [("off",)]
    pipeline.assert_not_called()
    driver.read_only = None
