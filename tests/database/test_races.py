"""Many threads at once, on both databases of the ORM's store."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext

from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.exceptions import LeaseLost, WrongExpectedVersion
from eventstreaming.models import Message
from eventstreaming.types import NO_STREAM, Append, EventData

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "sqlite"]),
    pytest.mark.parametrize("database", ["default", "sqlite"]),
]

T = TypeVar("T")


def store_on(database: str) -> DatabaseEventStore:
    return DatabaseEventStore("races", database=database)


def together(count: int, function: Callable[[int], T]) -> list[T]:
    """Call a function in many threads at one moment."""
    barrier = threading.Barrier(count, timeout=30)

    def run(number: int) -> T:
        try:
            barrier.wait()
            return function(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def numbered(*numbers: int) -> list[EventData]:
    return [EventData("Numbered", {"number": number}) for number in numbers]


def test_readers_see_prefixes_without_gaps(database: str) -> None:
    done = threading.Event()
    prefixes: list[list[int]] = []

    def read() -> None:
        store = store_on(database)
        while not done.is_set():
            prefixes.append([event.offset for event in store.read_stream("hot")])
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()

    def write(writer: int) -> None:
        store = store_on(database)
        for number in range(0, 60, 3):
            store.append("hot", numbered(number, number + 1, number + 2))

    together(4, write)
    done.set()
    reader.join()

    events = list(store_on(database).read_stream("hot"))
    assert [event.offset for event in events] == list(range(240))
    positions = [event.position for event in events]
    assert positions == sorted(positions)
    for prefix in prefixes:
        assert prefix == list(range(len(prefix)))
        assert len(prefix) % 3 == 0


def test_each_version_has_one_winner(database: str) -> None:
    def write(writer: int) -> list[int]:
        store, won = store_on(database), []
        while (version := store.stream_info("contested").last_offset) < 19:
            try:
                store.append("contested", numbered(writer), expected_version=version)
            except WrongExpectedVersion as conflict:
                assert conflict.actual > version
            else:
                won.append(version + 1)
        return won

    won = [offset for wins in together(4, write) for offset in wins]
    assert sorted(won) == list(range(20))


def test_stream_that_many_create_at_once_is_created_once(database: str) -> None:
    def append(writer: int) -> int:
        return store_on(database).append("new", numbered(writer))[0].offset

    assert sorted(together(6, append)) == list(range(6))


def test_one_of_many_is_the_first(database: str) -> None:
    def append(writer: int) -> int | None:
        try:
            store_on(database).append("one", numbered(0), expected_version=NO_STREAM)
        except WrongExpectedVersion as conflict:
            return conflict.actual
        return None

    assert together(6, append).count(None) == 1


def test_appends_to_many_streams_do_not_deadlock(database: str) -> None:
    def append(writer: int) -> None:
        names = ["left", "right"][:: 1 if writer % 2 else -1]
        for number in range(15):
            store_on(database).append_many(
                [Append(name, numbered(number)) for name in names]
            )

    together(4, append)
    store = store_on(database)
    assert store.stream_info("left").length == store.stream_info("right").length == 60


def test_each_message_is_delivered_once(database: str) -> None:
    count = 400
    store_on(database).enqueue_many("work", [{"n": n} for n in range(count)])

    def consume(consumer: int) -> list[int]:
        store, taken = store_on(database), []
        while messages := store.dequeue_many("work", 1 + consumer * 3, 60):
            assert len(messages) <= 1 + consumer * 3
            taken += [message.data["n"] for message in messages]
            assert store.acknowledge_many("work", messages) == []
        return taken

    taken = [number for numbers in together(4, consume) for number in numbers]
    assert Counter(taken) == Counter(range(count))
    assert not Message.objects.using(database).exists()


def test_redriven_message_comes_back_once(database: str) -> None:
    store = store_on(database)
    store.enqueue_many("dead", [{"n": n} for n in range(20)])
    for message in store.dequeue_many("dead", 20, 60):
        message.nack(dead_letter=True)

    redriven = together(4, lambda _: store_on(database).redrive("dead"))
    assert sum(redriven) == 20
    assert store.queue_info("dead").ready == 20


def test_late_acknowledge_is_refused_though_signals_are_listened_to(
    database: str,
) -> None:
    """With a listener, Django deletes by key alone what it has found before."""
    deleted: list[object] = []

    def listen(**kwargs: object) -> None:
        deleted.append(kwargs)

    store = store_on(database)
    store.enqueue("work", {})
    former = store.dequeue("work", 0.01)
    assert former is not None
    assert store.dequeue("work", 60, wait=5) is not None
    pre_delete.connect(listen)
    try:
        with (
            CaptureQueriesContext(connections[database]) as queries,
            pytest.raises(LeaseLost),
        ):
            former.acknowledge()
    finally:
        pre_delete.disconnect(listen)
    delete, look = [query["sql"] for query in queries.captured_queries]
    assert delete.startswith("DELETE")
    assert '"lease" =' in delete
    assert look.startswith("SELECT")
    assert deleted == []
