"""Many writers with transactions of all lengths: no reader loses an event."""

import random
import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from eventstreaming import EventData, append, read_all
from eventstreaming.types import StoredEvent
from tests.sessions import execute

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 12
EVENTS = 5_000
STREAMS = 60


class RolledBack(Exception):
    pass


def write(writer: int, budget: "Budget", acknowledged: list[StoredEvent]) -> None:
    chance = random.Random(writer)
    while size := budget.take(chance.randint(1, 12)):
        name = f"load-{chance.randrange(STREAMS)}"
        try:
            with transaction.atomic():
                if chance.random() < 0.3:
                    # The transaction gets its number before its positions.
                    execute("SELECT pg_current_xact_id()")
                    time.sleep(chance.random() * 0.005)
                with transaction.atomic():
                    stored = append(
                        name, [EventData("Loaded", {"writer": writer})] * size
                    )
                time.sleep(chance.random() * 0.03)
                if chance.random() < 0.1:
                    raise RolledBack
        except RolledBack:
            budget.give_back(size)
        else:
            acknowledged += stored


class Budget:
    """How many events are still to be written by all writers together."""

    def __init__(self, events: int) -> None:
        self._left = events
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        with self._lock:
            taken = min(wanted, self._left)
            self._left -= taken
            return taken

    def give_back(self, count: int) -> None:
        with self._lock:
            self._left += count


def tail(read: Callable[[int], list[int]], done: threading.Event) -> list[int]:
    """Read on from the last position until the writers are done, and once more."""
    seen: list[int] = []
    last_round = False
    while not last_round:
        last_round = done.is_set()
        seen += read(seen[-1] if seen else 0)
        time.sleep(0.001)
    return seen


def read_naively(last: int) -> list[int]:
    rows = execute(
        "SELECT position FROM eventstreaming_event WHERE position > %s "
        "ORDER BY position",
        [last],
    )
    return [position for (position,) in rows]


def read_by_fence(last: int) -> list[int]:
    return [event.position for event in read_all(last + 1)]


def test_read_all_loses_repeats_and_inverts_nothing() -> None:
    budget, done = Budget(EVENTS), threading.Event()
    acknowledged: list[StoredEvent] = []
    results: dict[str, list[int]] = {}

    def in_thread(function: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                function()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    readers = [
        in_thread(lambda: results.update(naive=tail(read_naively, done))),
        in_thread(lambda: results.update(fence=tail(read_by_fence, done))),
    ]
    writers = [
        in_thread(lambda n=n: write(n, budget, acknowledged)) for n in range(WRITERS)
    ]
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()

    committed = sorted(event.position for event in acknowledged)
    assert len(committed) == EVENTS
    assert results["fence"] == committed
    assert set(results["naive"]) < set(committed), "the load shows no lost event"

    by_stream: dict[str, list[int]] = {}
    for event in read_all():
        by_stream.setdefault(event.stream_name, []).append(event.offset)
    for offsets in by_stream.values():
        assert offsets == list(range(len(offsets)))
