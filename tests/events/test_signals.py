"""What receivers hear: after the commit, and what comes of messages and events."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from eventstreaming import (
    Append,
    EventData,
    Message,
    append,
    append_many,
    deferred_appends,
    enqueue,
    enqueue_many,
    queue_handler,
    signals,
    subscription,
)
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.backends.memory import MemoryEventStore
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.exceptions import MessageCancelled
from eventstreaming.processing import registry
from eventstreaming.processing.registry import Handlers
from eventstreaming.processing.worker import Worker
from eventstreaming.testing import memory_stores, run_until_idle

A = EventData("A", {})
Heard = list[dict[str, Any]]


@pytest.fixture
def hear() -> Iterator[Callable[[Signal], Heard]]:
    """Return a function that gives the list into which a signal's news come."""
    connected = []

    def listen(signal: Signal) -> Heard:
        heard: Heard = []

        def receive(**news: Any) -> None:
            heard.append(news)

        signal.connect(receive)
        connected.append((signal, receive))
        return heard

    yield listen
    for signal, receive in connected:
        signal.disconnect(receive)


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    own = Handlers()
    monkeypatch.setattr(registry, "handlers", own)
    return own


@pytest.mark.django_db(transaction=True)
def test_writes_are_told_once_they_are_committed(
    hear: Callable[[Signal], Heard],
) -> None:
    appended = hear(signals.events_appended)
    enqueued = hear(signals.messages_enqueued)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("gone", A)
        enqueue("gone", {})
        raise ZeroDivisionError
    with transaction.atomic():
        (event,) = append("one", A, idempotency_key="k")
        message_id = enqueue("q", {}, idempotency_key="k")
        assert (appended, enqueued) == ([], [])
    append("one", A, idempotency_key="k")
    enqueue("q", {}, idempotency_key="k")
    ((heard,), (queued,)) = appended, enqueued
    assert heard["events"] == (event,)
    assert (heard["store"], heard["stream_name"]) == ("default", "one")
    assert (queued["stream_name"], queued["message_ids"]) == ("q", (message_id,))
    append_many([Append("b", [A, A]), Append("a", [A])])
    with deferred_appends() as later:
        later.append("c", A)
    enqueue_many("q", [{}, {}])
    assert [news["stream_name"] for news in appended] == ["one", "a", "b", "c"]
    assert len(enqueued[-1]["message_ids"]) == 2


def test_the_memory_store_tells_at_once(hear: Callable[[Signal], Heard]) -> None:
    appended = hear(signals.events_appended)
    with memory_stores():
        append("one", A)
    assert len(appended) == 1


def test_receiver_that_raises_is_not_the_writers_problem(
    hear: Callable[[Signal], Heard],
) -> None:
    def fail(**news: Any) -> None:
        raise RuntimeError("of the receiver")

    signals.events_appended.connect(fail)
    try:
        appended = hear(signals.events_appended)
        with memory_stores():
            assert len(append("one", A)) == 1
        assert len(appended) == 1
    finally:
        signals.events_appended.disconnect(fail)


def declare_handlers() -> None:
    @queue_handler("work", max_attempts=2, backoff=[0])
    def work(message: Message) -> None:
        if message.data["bad"]:
            raise ValueError(message.attempts)

    @subscription("*", name="parking", on_failure="park", max_attempts=1)
    def park(event: object) -> None:
        raise KeyError("parked")

    @subscription("*", name="stopping", on_failure="stop", max_attempts=2, backoff=[0])
    def stop(event: object) -> None:
        raise KeyError("stopped")

    @subscription("*", name="skipping", on_failure="skip", max_attempts=1)
    def skip(event: object) -> None:
        raise KeyError("skipped")


def work_off(handlers: Handlers) -> None:
    """Run a real worker until nothing is left."""
    worker = Worker(batch=True, registry=handlers)
    assert not worker.run()  # a subscription has been stopped


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", ["worker", "test"])
def test_what_comes_of_messages_and_events_is_told(
    run: str, hear: Callable[[Signal], Heard], handlers: Handlers
) -> None:
    declare_handlers()
    done, failed = hear(signals.message_done), hear(signals.message_failed)
    parked = hear(signals.event_failed)
    append("one", A)
    enqueue_many("work", [{"bad": 0}, {"bad": 1}])
    if run == "worker":
        work_off(handlers)
    else:
        run_until_idle(errors="collect", registry=handlers)
    ((good),) = done
    assert good["message"].data == {"bad": 0}
    assert 0 <= good["seconds"] < 10
    assert [(str(news["error"]), news["dead_letter"]) for news in failed] == [
        ("0", False),
        ("1", True),
    ]
    assert sorted((news["subscription"], news["outcome"]) for news in parked) == [
        ("parking", "park"),
        ("skipping", "skip"),
        ("stopping", "retry"),
        ("stopping", "stop"),
    ]
    assert {news["event"].stream_name for news in parked} == {"one"}


STORES = {
    "memory": MemoryEventStore,
    "database": partial(DatabaseEventStore, database="default"),
    "postgresql": partial(PostgreSQLEventStore, database="default"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", STORES)
def test_what_a_claim_buries_is_told(
    name: str, hear: Callable[[Signal], Heard]
) -> None:
    store: BaseEventStore = STORES[name]("buried-here")
    failed = hear(signals.message_failed)
    killing, cancelled = store.enqueue_many("work", [{"n": 1}, {"n": 2}])
    assert len(store.dequeue_many("work", 2)) == 2
    store.cancel("work", cancelled)
    store.pass_time(60)
    assert store.dequeue_many("work", 2, max_deliveries=1) == []
    letters = {letter.message_id: letter for letter in store.dead_letters("work")}
    told = {news["message"].message_id: news for news in failed}
    assert told.keys() == letters.keys() == {killing, cancelled}
    assert all(news["dead_letter"] for news in failed)
    assert told[killing]["error"].allowed == letters[killing].deliveries == 1
    assert isinstance(told[cancelled]["error"], MessageCancelled)
    assert told[cancelled]["message"].data == {"n": 2}
