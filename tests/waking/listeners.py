"""A session that hears what the store announces, and who waits by the store's own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from eventstreaming import clock, event_store
from eventstreaming.backends.statements import statement
from eventstreaming.backends.waking import announcing, listening
from tests.processes.workers import wait_until

SOON = 0.3  # seconds in which a notification would have come


class Ear:
    """Everything that is announced, as a raw session hears it."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def heard(self, seconds: float = SOON, at_least: int = 0) -> list[str]:
        """Return the payloads that have come by now, or come soon."""
        stop_after = at_least or None
        return [
            notification.payload
            for notification in self._driver.notifies(
                timeout=20.0 if at_least else seconds, stop_after=stop_after
            )
        ]


@contextmanager
def ear() -> Iterator[Ear]:
    wrapper = listening.new_connection("default")
    try:
        ((channel, _),) = wrapper.connection.execute(statement("channel")).fetchall()
        wrapper.connection.execute(f'LISTEN "{channel}"')
        yield Ear(wrapper.connection)
    finally:
        wrapper.close()


def announced(topic: str) -> None:
    """Let this process have announced a topic just now."""
    announcing.announcements("default")._sent[topic] = clock.monotonic()


class Waiting:
    """Counts rings."""

    def __init__(self) -> None:
        self.rung = threading.Event()
        self.rings: list[bool] = []

    def ring(self, more: bool) -> None:
        self.rings.append(more)
        self.rung.set()

    def is_rung(self) -> bool:
        """Wait for a ring; later ones are waited for anew."""
        rung = self.rung.wait(20)
        self.rung.clear()
        return rung


@contextmanager
def waiting(*topics: str) -> Iterator[Waiting]:
    """Wait for topics in this process, with the listener of its store."""
    who = Waiting()
    waiters = event_store.waiters
    with waiters.waiting(topics, who.ring):
        wait_until(lambda: waiters.is_live, "the listener hears")
        who.rung.clear()  # it was told to look once
        yield who


def listener_pids() -> list[int]:
    """Return the server processes that listen for this database's processes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'eventstreaming listener' AND query <> ''"
        )
        return [pid for (pid,) in cursor.fetchall()]
