"""Races, with real connections that start together."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction

from eventstreaming import (
    NO_STREAM,
    Append,
    EventData,
    acknowledge_many,
    append,
    append_many,
    create_stream,
    dequeue,
    dequeue_many,
    enqueue,
    enqueue_many,
    event_store,
    queue_info,
    read_stream,
    stream_info,
)
from eventstreaming.exceptions import InvalidValue, LeaseLost, WrongExpectedVersion
from eventstreaming.models import Message
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def together(count: int, function: Callable[[int], T]) -> list[T]:
    """Call a function in many threads, each with a connection, at one moment."""
    barrier = threading.Barrier(count, timeout=30)

    def run(number: int) -> T:
        try:
            execute("SELECT 1")
            barrier.wait()
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def numbered(number: int) -> EventData:
    return EventData("Numbered", {"number": number})


def test_appenders_on_one_stream_leave_no_gap_and_readers_see_prefixes() -> None:
    done = threading.Event()
    prefixes: list[list[int]] = []

    def read_prefixes() -> None:
        while not done.is_set():
            prefixes.append([event.offset for event in read_stream("hot")])
        connection.close()

    reader = threading.Thread(target=read_prefixes)
    reader.start()

    def write(writer: int) -> None:
        for number in range(0, 500, 5):
            append("hot", [numbered(number + n) for n in range(5)])

    together(8, write)
    done.set()
    reader.join()

    assert [e.offset for e in read_stream("hot", batch_size=999)] == list(range(4000))
    assert stream_info("hot").length == 4000
    assert len(prefixes) > 3
    for prefix in prefixes:
        assert prefix == list(range(len(prefix)))
        assert len(prefix) % 5 == 0


def test_expected_version_has_exactly_one_winner_per_version() -> None:
    rounds, writers = 50, 6

    def write(writer: int) -> list[int]:
        won = []
        while (version := stream_info("contested").last_offset) < rounds - 1:
            try:
                append("contested", numbered(writer), expected_version=version)
            except WrongExpectedVersion as conflict:
                assert conflict.actual > version
            else:
                won.append(version + 1)
        return won

    won = [offset for wins in together(writers, write) for offset in wins]
    assert sorted(won) == list(range(len(won)))
    assert stream_info("contested").length == len(won) >= rounds


def test_appends_to_many_streams_in_opposite_orders_do_not_deadlock() -> None:
    names = [f"account-{n}" for n in range(6)]

    def write(writer: int) -> None:
        order = names if writer % 2 else names[::-1]
        for number in range(40):
            lists = append_many([Append(name, numbered(number)) for name in order])
            assert [events[0].stream_name for events in lists] == order

    together(6, write)
    histories = {
        name: [event.data["number"] for event in read_stream(name)] for name in names
    }
    assert len(histories[names[0]]) == 240
    assert all(history == histories[names[0]] for history in histories.values())


def test_conflict_in_one_of_many_streams_leaves_all_unwritten() -> None:
    append("b", numbered(0))
    with transaction.atomic():
        with pytest.raises(WrongExpectedVersion):
            append_many(
                [
                    Append("a", numbered(1)),
                    Append("b", numbered(1), expected_version=NO_STREAM),
                    Append("c", numbered(1)),
                ]
            )
        append("d", numbered(1))
    assert [stream_info(name).length for name in "abcd"] == [0, 1, 0, 1]


def test_largest_expected_version_is_refused_before_the_database() -> None:
    append("a", numbered(0))
    with transaction.atomic():
        with pytest.raises(InvalidValue, match="expected_version"):
            append("a", numbered(1), expected_version=2**63 - 1)
        append("a", numbered(1), expected_version=0)


def test_stream_that_many_create_at_once_is_created_once() -> None:
    together(8, lambda writer: append("new", numbered(writer)))
    assert [e.offset for e in read_stream("new")] == list(range(8))
    assert sorted(together(8, lambda _: create_stream("empty"))) == [False] * 7 + [True]


def test_dequeuers_deliver_each_message_once() -> None:
    count = 5_000
    for start in range(0, count, 1000):
        enqueue_many("work", [{"n": n} for n in range(start, start + 1000)])

    def consume(consumer: int) -> list[int]:
        taken = []
        while messages := dequeue_many("work", 1 + consumer * 3, 60):
            assert len(messages) <= 1 + consumer * 3
            for message in messages:
                taken.append(message.data["n"])
                message.acknowledge()
        return taken

    taken = [number for numbers in together(8, consume) for number in numbers]
    assert Counter(taken) == Counter(range(count))
    assert Message.objects.count() == 0


def test_former_holder_is_refused_and_changes_nothing() -> None:
    enqueue("work", {"n": 1})
    former = dequeue("work", 0.05)
    assert former is not None
    holder = dequeue("work", 60, wait=5)
    assert holder is not None
    assert holder.message_id == former.message_id
    before = Message.objects.values().get()

    for act in (former.acknowledge, former.nack, lambda: former.extend(600)):
        with pytest.raises(LeaseLost) as lost:
            act()
        assert lost.value.reason == "taken"
    with pytest.raises(LeaseLost), former.atomic():
        append("effects", numbered(1))

    assert Message.objects.values().get() == before
    assert list(read_stream("effects")) == []
    holder.acknowledge()


def test_two_deliveries_of_a_message_are_told_apart() -> None:
    enqueue("work", {"n": 1})
    former = dequeue("work", 0.05)
    holder = dequeue("work", 60, wait=5)
    assert former is not None
    assert holder is not None
    assert event_store.extend_many([former, holder], 60) == [former]
    assert acknowledge_many("work", [former, holder]) == [former]
    assert queue_info("work").depth == 0


def test_lease_that_expired_and_went_to_nobody_is_still_good() -> None:
    for act in ("acknowledge", "nack", "extend"):
        enqueue("work", {"act": act})
        message = dequeue("work", 0.01)
        assert message is not None
        execute("SELECT pg_sleep(0.05)")
        getattr(message, act)(*([60] if act == "extend" else []))


def test_rollback_leaves_nothing_behind() -> None:
    append("kept", numbered(0))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("kept", numbered(1))
        append("never", numbered(1))
        enqueue("work", {"n": 1})
        raise ZeroDivisionError
    assert [e.offset for e in read_stream("kept")] == [0]
    assert not stream_info("never").exists
    assert queue_info("work").depth == 0
    assert append("kept", numbered(2))[0].offset == 1


def test_appends_to_different_streams_do_not_wait_for_each_other() -> None:
    create_stream("one")
    create_stream("two")
    with sessions(1) as (writer,):
        writer.begin()
        writer.run(append, "one", numbered(1))
        execute("SET lock_timeout = '1s'")
        try:
            append("two", numbered(2))
        finally:
            execute("RESET lock_timeout")


def test_claim_passes_over_what_another_transaction_holds() -> None:
    enqueue_many("work", [{"n": n} for n in range(3)])
    with sessions(1) as (other,):
        other.begin()
        other.execute(
            "SELECT 1 FROM eventstreaming_message ORDER BY id LIMIT 1 FOR UPDATE"
        )
        messages = dequeue_many("work", 10, 60)
    assert [message.data["n"] for message in messages] == [1, 2]
