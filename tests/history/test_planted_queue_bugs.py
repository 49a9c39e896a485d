"""Bugs of queues, planted one at a time, and the invariants that they break."""

import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from django.test import override_settings

from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.backends.relational import RelationalStore
from eventstreaming.exceptions import EventStreamingError, LeaseLost
from eventstreaming.processing import pool
from eventstreaming.processing.registry import Handlers, QueueHandler
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.worker import Worker
from eventstreaming.types import EventData, Message
from tests.history.final import EffectRow
from tests.history.planting import Trial, server_session
from tests.processes.workers import wait_until
from tests.sessions import execute, sessions

FORGET = "UPDATE public.eventstreaming_message AS m SET worker_id = ''\n"


class Crash(Exception):
    """The end of a process, as far as a test can have it inside of one."""


def expired_lease(trial: Trial) -> Message:
    """Return a delivery whose lease went to another holder."""
    trial.store.enqueue("q", {"item": "a"})
    former = trial.store.dequeue("q", 0.02)
    time.sleep(0.03)
    assert trial.store.dequeue("q", 30) is not None
    assert former is not None
    return former


def test_unfenced_acknowledge(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_acknowledge_v1", ("m.lease = p_lease", "p_lease > 0")
    )
    former = expired_lease(trial)
    with suppress(LeaseLost):
        former.acknowledge()
    trial.expect("Q6")


def test_unfenced_acknowledge_in_batches(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_acknowledge_many_v1", ("AND m.lease = held.lease", "")
    )
    trial.store.acknowledge_many("q", [expired_lease(trial)])
    trial.expect("Q6")


def test_heartbeat_that_steals_the_lease_back(trial: Trial) -> None:
    trial.replace_sql("extend", "AND lease = %(lease)s", "")
    former = expired_lease(trial)
    with suppress(LeaseLost):
        former.extend(60)
    trial.expect("Q4", "Q6")


def test_token_begins_anew_after_a_release(trial: Trial) -> None:
    trial.replace_sql("nack", "SET attempts =", "SET lease = 0, attempts =")
    trial.store.enqueue("q", {"item": "a"})
    for _ in range(2):
        message = trial.store.dequeue("q")
        assert message is not None
        message.nack(delay=0)
    trial.expect("Q5")


def test_redrive_resets_the_token(trial: Trial) -> None:
    trial.replace_sql(
        "redrive",
        "max_attempts, lease, errors\n  FROM",
        "max_attempts, 0, errors\n  FROM",
    )
    trial.store.enqueue("q", {"item": "a"})
    for _ in range(2):
        message = trial.store.dequeue("q")
        assert message is not None
        message.nack(dead_letter=True)
        trial.store.redrive("q", [message.message_id])
    trial.expect("Q5")


def test_claim_by_in_takes_more_than_its_limit(trial: Trial) -> None:
    """The candidates are looked for again at each row: they are not materialised."""
    trial.replace_function(
        "eventstreaming_claim_queue_v1",
        ("m.id = ANY (ARRAY(", "m.id IN ("),
        ("FOR UPDATE SKIP LOCKED))", "FOR UPDATE SKIP LOCKED)"),
        ("c.queue = p_queue", "c.queue = m.queue"),
    )
    trial.store.enqueue_many("q", [{"item": str(number)} for number in range(5)])
    assert trial.store.dequeue_many("q", 1)
    trial.expect("Q12")


def test_claim_without_a_lock(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_claim_queue_v1", ("FOR UPDATE SKIP LOCKED", "")
    )
    trial.store.enqueue("q", {"item": "a"})
    with sessions(3) as (holder, *claimers), server_session() as watcher:
        holder.begin()
        holder.execute("SELECT FROM eventstreaming_message FOR UPDATE")
        claims = [claimer.start(trial.store.dequeue, "q", 30) for claimer in claimers]
        wait_until(lambda: all_wait_or_end(claims, watcher), "both have claimed")
        holder.commit()
        for claim in claims:
            claim.result(timeout=10)
    trial.expect("Q4")


def all_wait_or_end(calls: list[Future[Any]], watcher: Any) -> bool:
    """Say whether each call waits for a lock, or has ended."""
    ((waiting,),) = watcher.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchall()
    return bool(waiting == sum(not call.done() for call in calls))


def test_lease_by_the_clock_of_an_old_transaction(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_claim_queue_v1", ("statement_timestamp()", "now()")
    )
    trial.replace(RelationalStore, "_refuse_lease_in_transaction", lambda *_: None)
    trial.store.enqueue("q", {"item": "a"})
    with sessions(1) as (session,):
        session.begin()
        session.execute("SELECT 1")
        time.sleep(0.05)
        with suppress(EventStreamingError):
            session.run(trial.store.dequeue, "q", 0.02)
        session.commit()
    trial.expect("Q4")


def test_attempts_are_lost(trial: Trial) -> None:
    trial.replace_sql("nack", "SET attempts = f.attempts", "SET attempts = m.attempts")
    trial.store.enqueue("q", {"item": "a"})
    for _ in range(2):
        message = trial.store.dequeue("q")
        assert message is not None
        message.nack(delay=0)
    trial.expect("Q9")


def test_crash_counts_as_no_delivery(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_claim_queue_v1",
        ("deliveries = m.deliveries + 1", "deliveries = m.attempts + 1"),
    )
    expired_lease(trial)
    trial.expect("Q9")


def test_used_up_message_is_dropped(trial: Trial) -> None:
    trial.replace_sql(
        "nack", "FROM removed\n), returned", "FROM removed WHERE false\n), returned"
    )
    trial.store.enqueue("q", {"item": "a"})
    message = trial.store.dequeue("q")
    assert message is not None
    trial.store.nack("q", message.message_id, receipt=message.receipt, max_attempts=1)
    trial.expect("Q9")


def test_message_is_removed_when_it_is_claimed(trial: Trial) -> None:
    """The holder crashes, and nobody else can get the message."""
    dequeue_many = PostgreSQLEventStore.dequeue_many

    def dequeue_and_remove(*args: Any, **kwargs: Any) -> list[Message]:
        messages = dequeue_many(*args, **kwargs)
        execute("DELETE FROM eventstreaming_message")
        return messages

    trial.replace(PostgreSQLEventStore, "dequeue_many", dequeue_and_remove)
    trial.store.enqueue("q", {"item": "a"})
    assert trial.store.dequeue("q", 30) is not None
    trial.expect("Q1")


def test_acknowledge_before_handling(trial: Trial) -> None:
    """The handler crashes after the acknowledge."""
    effects: list[EffectRow] = []
    handle_message = pool.handle_message

    def acknowledge_and_handle(function: Any, message: Message) -> None:
        message.acknowledge()
        handle_message(function, message)

    def handle(message: Message) -> None:
        if message.deliveries == 1:
            raise Crash
        effects.append(EffectRow("orders", message.data["item"]))

    trial.replace(pool, "handle_message", acknowledge_and_handle)
    registry = Handlers()
    registry.add_queue(
        QueueHandler(
            queue="orders",
            function=handle,
            retry=RetryPolicy(max_attempts=3, backoff=0),
            visibility_timeout=30,
            store="default",
        )
    )
    trial.store.enqueue("orders", {"item": "a"})
    stores = {
        "default": {
            "BACKEND": "tests.history.stores.RecordingStore",
            "OPTIONS": {"history": str(trial.folder), "process": "trial"},
        }
    }
    with override_settings(EVENT_STORES=stores):
        assert Worker(batch=True, registry=registry, threads=1).run()
    trial.expect("Q1", drained=True, effects=effects, at_least_once=["orders"])


def test_enqueue_outside_the_callers_transaction(trial: Trial) -> None:
    enqueue = PostgreSQLEventStore.enqueue

    def enqueue_apart(*args: Any, **kwargs: Any) -> Any:
        with sessions(1) as (session,):
            return session.run(enqueue, *args, **kwargs)

    trial.replace(PostgreSQLEventStore, "enqueue", enqueue_apart)
    with suppress(Crash), trial.store.atomic():
        trial.store.enqueue("q", {"item": "a"})
        raise Crash
    trial.expect("Q2")


def test_enqueue_after_the_commit_is_lost_in_a_crash(trial: Trial) -> None:
    """Nothing comes after the caller's commit, so the crash is there."""

    def enqueue_later(*args: Any, **kwargs: Any) -> Any:
        return "1"

    trial.replace(PostgreSQLEventStore, "enqueue", enqueue_later)
    with trial.store.atomic(writes="a"):
        trial.store.append("s", [EventData("Made", {"item": "a"})])
        trial.store.enqueue("q", {"item": "a"})
    trial.expect("Q1", "Q13", rows=["a"])


def test_content_is_changed_on_the_way(trial: Trial) -> None:
    trial.replace_sql("enqueue_plain", "%(data)s", "lower(%(data)s)::json")
    trial.store.enqueue("q", {"item": "a", "text": "Grüezi"})
    assert trial.store.dequeue("q") is not None
    trial.expect("Q3")


def test_second_acknowledge_is_called_a_success(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_acknowledge_v1", ("RETURN NULL;", "RETURN '';")
    )
    trial.store.enqueue("q", {"item": "a"})
    message = trial.store.dequeue("q")
    assert message is not None
    message.acknowledge()
    with suppress(LeaseLost):
        message.acknowledge()
    trial.expect("Q7")


def test_acknowledged_message_comes_back(trial: Trial) -> None:
    trial.replace_function(
        "eventstreaming_acknowledge_v1",
        ("DELETE FROM public.eventstreaming_message AS m\n", FORGET),
    )
    trial.store.enqueue("q", {"item": "a"})
    message = trial.store.dequeue("q", 0.02)
    assert message is not None
    message.acknowledge()
    time.sleep(0.03)
    trial.store.dequeue("q")
    trial.expect("Q8")
