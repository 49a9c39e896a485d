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
        self._sent: dict[str, float] = {}
        self._to_be_sent: dict[str, float] = {}  # since when; with writes under way
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
            chosen = self._choice(topic, now)
            if chosen is not None:
                self._sent[chosen] = now
        return chosen

    def quiet_until(self, topic: str) -> float:
        """Return until when, by the clock, a topic need not be announced again."""
        sent = self._sent
        return max(sent.get(topic, -inf), sent.get(ANYTHING, -inf)) + WINDOW

    def choose_along(self, topic: str) -> str | None:
        """
        Return what to announce along with a write, as choose() does.

        Nobody else takes it along until settle() says that it was sent, and nobody
        relies on it, as the write may wait for long.
        """
        with self._lock:
            now = clock.monotonic()
            chosen = self._choice(topic, now)
            if chosen is None or chosen in self._to_be_sent:
                return None
            self._to_be_sent[chosen] = now
        return chosen

    def settle(self, chosen: str, *, was_sent: bool) -> None:
        """
        Note what became of what was to be announced along with a write.

        It may have been heard as early as the write began.
        """
        with self._lock:
            began = self._to_be_sent.pop(chosen, None)
            if was_sent and began is not None:
                self._sent[chosen] = began

    def _choice(self, topic: str, now: float) -> str | None:
        """Forget what was announced some time ago; return what there is to announce."""
        _forget(self._sent, now - WINDOW)
        _forget(self._to_be_sent, now - LONGEST_WRITE)
        if topic in self._sent or ANYTHING in self._sent:
            return None
        if now < self._busy_until:
            return ANYTHING
        if len(self._sent) + len(self._to_be_sent) < MOST - 1:
            return topic
        self._busy_until = now + BUSY_FOR
        return ANYTHING


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


def announced_until(alias: str, topic: str) -> float:
    """
    Return until when, by the clock, a topic need not be announced to a database.

    That is quiet_until(), without a call: it is asked for at each write.
    """
    own = _by_database.get(alias)
    if own is None:
        return -inf
    sent = own._sent
    last, any_last = sent.get(topic, -inf), sent.get(ANYTHING, -inf)
    return (last if last > any_last else any_last) + WINDOW


def announcements(alias: str) -> Announcements:
    """Return what this process announces to a database."""
    found = _by_database.get(alias)
    return found or _by_database.setdefault(alias, Announcements())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_by_database.clear)
