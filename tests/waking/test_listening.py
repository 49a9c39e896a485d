"""One listener a process wakes all who wait in it, and comes back."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from eventstreaming import EventData, append, enqueue, event_store, read_stream
from eventstreaming.backends.relational import RelationalStore
from eventstreaming.backends.statements import statement
from eventstreaming.backends.waking import listening
from eventstreaming.backends.waking.waiters import Waiters
from tests.processes.workers import wait_until
from tests.sessions import execute
from tests.waking.listeners import SOON, Waiting, listener_pids, waiting

pytestmark = pytest.mark.django_db(transaction=True)

NOTED = EventData("Noted", {})


@pytest.fixture(autouse=True)
def own_listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no listener outlive its test: it would find what is new to it."""
    monkeypatch.setattr(listening, "BEAT", 0.3)
    yield
    wait_until(lambda: listener_pids() == [], "the listener has gone")


def announce_elsewhere(topic: str) -> None:
    """Announce as another process would, which rings nobody in this one."""
    execute(statement("notify"), {"topic": topic})


def test_who_waits_is_rung_by_another_process() -> None:
    for topic, announced in (
        ("order-1", "order-1"),
        ("order-*", "order-1"),
        ("*", "order-1"),
        ("$work", "$work"),
        ("$work", ""),
    ):
        with waiting(topic) as who:
            announce_elsewhere(announced)
            assert who.is_rung(), (topic, announced)


def test_what_comes_just_after_all_have_looked_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unannounced, and before the listener's first beat."""
    ring = listening.ListenedWaiters.ring

    def ring_and_append(waiters: Any, announced: str, **options: Any) -> None:
        ring(waiters, announced, **options)
        with transaction.atomic():
            append("order-1", NOTED)
        connection.close()

    monkeypatch.setattr(listening.ListenedWaiters, "ring", ring_and_append)
    monkeypatch.setattr(RelationalStore, "_tell", lambda *args: None)
    who = Waiting()
    with event_store.waiters.waiting(["order-*"], who.ring):
        wait_until(lambda: False in who.rings, "the beat rings")


def test_who_waits_for_something_else_is_left_alone() -> None:
    with waiting("order-1", "order-*", "$order-2") as who, waiting("*") as other:
        announce_elsewhere("orders")
        assert other.is_rung()
        assert not who.rung.wait(SOON)


def test_own_process_is_rung_without_a_listener() -> None:
    who = Waiting()
    waiters = Waiters()
    with waiters.waiting(["order-*"], who.ring):
        waiters.ring("order-1")
    waiters.ring("order-1")
    assert who.rings == [True]


def test_own_process_is_rung_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening.ListenedWaiters, "begin", lambda self: None)
    who = Waiting()
    with event_store.waiters.waiting(["order-*"], who.ring):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            append("order-1", NOTED)
            raise ZeroDivisionError
        with transaction.atomic():
            append("order-1", NOTED)
            assert who.rings == []
        assert who.rings == [True]


def test_listener_ends_when_nobody_waits() -> None:
    with waiting("order-1"), waiting("$work"):
        assert len(listener_pids()) == 1
    wait_until(lambda: listener_pids() == [], "the listener has gone")
    wait_until(lambda: not event_store.waiters.is_live, "nobody hears")
    with waiting("order-1") as who:
        announce_elsewhere("order-1")
        assert who.is_rung()


def test_listener_that_is_killed_comes_back_and_tells_all_to_look() -> None:
    with waiting("order-1") as who:
        (killed,) = listener_pids()
        execute("SELECT pg_terminate_backend(%s)", [killed])
        assert who.is_rung()  # what came meanwhile was heard by nobody
        (listener,) = listener_pids()
        assert listener != killed
        announce_elsewhere("order-1")
        assert who.is_rung()


def test_listener_that_gets_no_answer_is_not_relied_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look, answered = listening.ListenedWaiters._look, threading.Event()

    def wait_and_look(self: Any, driver: Any, channel: str, fence: int | None) -> int:
        if fence is not None:  # the first look is answered
            answered.wait(20)
        return look(self, driver, channel, fence)

    monkeypatch.setattr(listening.ListenedWaiters, "_look", wait_and_look)
    with waiting("order-1"):
        wait_until(lambda: not event_store.waiters.is_live, "it counts no more")
        answered.set()
        wait_until(lambda: event_store.waiters.is_live, "it counts again")


def test_message_that_nobody_announced_is_found() -> None:
    with waiting("$work") as who:
        execute("INSERT INTO eventstreaming_message (queue, data) VALUES ('work', '1')")
        assert who.is_rung()
        assert not any(who.rings[-1:])  # no others are to be expected


def test_message_is_found_when_it_becomes_due() -> None:
    with waiting("$work") as who:
        execute(
            "INSERT INTO eventstreaming_message (queue, data, state, due_at) "
            "VALUES ('work', '1', 1, clock_timestamp() + interval '1.2 seconds')"
        )
        assert not who.rung.wait(0.5)
        assert who.is_rung()


def test_message_is_found_when_its_lease_ends() -> None:
    enqueue("work", {"n": 1})
    execute(
        "UPDATE eventstreaming_message SET lease = 1, "
        "leased_until = clock_timestamp() + interval '1.5 seconds'"
    )
    with waiting("$work") as who:
        assert not who.rung.wait(0.5)
        assert who.is_rung()


def test_event_behind_a_transaction_that_rolls_back_is_found() -> None:
    """The rollback announces nothing, and moves the fence."""
    released = threading.Event()

    def hold_the_fence() -> None:
        try:
            with transaction.atomic():
                append("other", NOTED)
                held.set()
                released.wait(20)
                transaction.set_rollback(True)
        finally:
            connection.close()

    held = threading.Event()
    holder = threading.Thread(target=hold_the_fence)
    with waiting("order-*") as who:
        holder.start()
        assert held.wait(20)
        append("order-1", NOTED)
        assert who.is_rung()
        released.set()
        holder.join()
        assert who.is_rung()


def test_nothing_is_lost_when_no_announcement_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Waiters, "ring_topics", lambda *args, **kwargs: None)
    events = read_stream("order-1", limit=3, follow=True)

    def write() -> None:
        for _ in range(3):
            append("order-1", NOTED)
            threading.Event().wait(0.1)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert [event.offset for event in events] == [0, 1, 2]
    writer.join()
