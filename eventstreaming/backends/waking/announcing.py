"""
Telling other processes by NOTIFY that something was written.

The leading edge only: a topic is announced at most once in 50 ms by a process.
Who hears it looks often for 150 ms, so what follows soon is found as well.
"""

import logging
import os
from collections.abc import Callable, Hashable
from math import inf
from threading import Lock

from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming import clock
from eventstreaming.backends.waking.topics import ANYTHING, SCHEDULES

logger = logging.getLogger("eventstreaming")

WINDOW = 0.05  # seconds
MOST = 3  # announcements of a process in one window
LONGEST_WRITE = 10.0  # seconds; a thread that was interrupted never says how it ended
BUSY_FOR = 1.0  # seconds that it announces nothing by name, once these were not enough


class Announcements:
    """
    What this process announces to one database.

    A process that writes to many streams announces a few of them and then once
    that anything may have changed, and for a while nothing but that, so NOTIFY costs
    it next to nothing.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._sent: dict[str, float] = {}  # oldest first
        self._to_be_sent: dict[str, float] = {}  # along with writes under way
        self._busy_until = -inf

    def choose(self, topic: str) -> str | None:
        """
        Return what to announce now; None if that is announced already.

        Schedules are changed seldom, and who fires them looks once, not often.
        """
        if topic == SCHEDULES:
            return topic
        if self.quiet_until(topic) > clock.monotonic():  # as most are: no lock
            return None
        with self._lock:
            now = clock.monotonic()
            if not self._is_left(topic, now):
                return None
            chosen = topic if self._names_topics(now) else ANYTHING
            if chosen == ANYTHING and now >= self._busy_until:
                self._busy_until = now + BUSY_FOR
            self._sent[chosen] = now
        return chosen

    def quiet_until(self, topic: str) -> float:
        """Return until when, by the clock, a topic need not be announced again."""
        sent = self._sent
        return max(sent.get(topic, -inf), sent.get(ANYTHING, -inf)) + WINDOW

    def choose_itself(self, topic: str) -> bool:
        """
        Say whether a topic is to be announced by its name, along with a write.

        Nobody else takes it along until settle() says that it was sent, and nobody
        relies on it, as the write may wait for long.
        """
        with self._lock:
            now = clock.monotonic()
            is_chosen = (
                self._is_left(topic, now)
                and topic not in self._to_be_sent
                and self._names_topics(now)
            )
            if is_chosen:
                self._to_be_sent[topic] = now
        return is_chosen

    def settle(self, topic: str, *, was_sent: bool) -> None:
        """Note what became of a topic that was to be announced along with a write."""
        with self._lock:
            self._to_be_sent.pop(topic, None)
            if was_sent:
                self._sent[topic] = clock.monotonic()

    def _names_topics(self, now: float) -> bool:
        named = len(self._sent) + len(self._to_be_sent)
        return named < MOST - 1 and now >= self._busy_until

    def _is_left(self, topic: str, now: float) -> bool:
        """Forget what was announced some time ago; say whether the topic was not."""
        _forget(self._sent, now - WINDOW)
        _forget(self._to_be_sent, now - LONGEST_WRITE)
        return topic not in self._sent and ANYTHING not in self._sent


def _forget(times: dict[str, float], since: float) -> None:
    for topic, at in list(times.items()):
        if at <= since:
            del times[topic]


def announce(
    connection: BaseDatabaseWrapper,
    topic: str,
    notify: Callable[[BaseDatabaseWrapper, str], object],
) -> None:
    """
    Announce a topic on a connection that is in no transaction, if it is time.

    `notify` does so in a transaction of its own, that does not wait for the disk: a
    NOTIFY in the writer's would make all commits of the server take turns. Never
    raises: whoever was not told looks by himself.
    """
    chosen = announcements(connection.alias).choose(topic)
    if chosen is None:
        return
    try:
        notify(connection, chosen)
    except Exception:
        logger.debug("could not announce %r", chosen, exc_info=True)


_by_database: dict[Hashable, Announcements] = {}


def announcements(alias: str) -> Announcements:
    """Return what this process announces to a database."""
    found = _by_database.get(alias)
    return found or _by_database.setdefault(alias, Announcements())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_by_database.clear)
