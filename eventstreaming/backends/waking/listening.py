"""
Hearing what other processes announce, on one connection for a whole process.

It also looks every 1.5 seconds for all who wait, which finds what nobody announced:
a message that has become due, a lease that has expired, an event behind a
transaction that was rolled back. So they themselves need to look only seldom.
"""

import logging
import threading
from typing import Any
from uuid import uuid4

from django.db import connections

from eventstreaming import clock
from eventstreaming.backends.statements import statement
from eventstreaming.backends.waking.topics import (
    ANYTHING,
    queue_topic,
    queues_among,
    streams_among,
)
from eventstreaming.backends.waking.waiters import Waiters

logger = logging.getLogger("eventstreaming")

BEAT = 1.5  # seconds: with all else, an idle process asks less than once a second
PROBE_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between attempts to connect
LIVE_FOR = 5  # beats; a server that does not answer one may never do
TRY_AGAIN = 60.0  # seconds, where notifications do not arrive
OPTIONS = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}


class NotHeard(Exception):
    """Notifications do not arrive on this connection."""


class ListenedWaiters(Waiters):
    """Who waits for what is written to a PostgreSQL, by this process or others."""

    def __init__(self, database: str) -> None:
        super().__init__()
        self._database = database
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._silence_is_known = False
        self._live_until = float("-inf")

    @property
    def is_live(self) -> bool:
        """See Waiters.is_live. No longer when the last look is some time ago."""
        return clock.monotonic() < self._live_until

    def begin(self) -> None:
        """Start the listener, unless it runs; it ends when nobody waits."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="eventstreaming-listener", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while self._is_wanted():
            try:
                self._listen()
                continue
            except NotHeard as reason:
                self._note_silence(reason)
                pause = TRY_AGAIN
            except Exception as error:  # whatever it is, they poll
                logger.debug("the listener lost its connection: %s", error)
                longer = min(pause * 2, LONGEST_PAUSE)
                pause = FIRST_PAUSE if self.is_live else longer
            finally:
                self._live_until = float("-inf")
            self._rest(pause * (0.5 + clock.random()))

    def _is_wanted(self) -> bool:
        with self._starting:
            if self.topics():
                return True
            self._thread = None
            return False

    def _rest(self, seconds: float) -> None:
        """Pause, but end soon when nobody waits any more."""
        while self.topics() and seconds > 0:
            threading.Event().wait(min(seconds, BEAT))
            seconds -= BEAT

    def _listen(self) -> None:
        """Listen on a new connection until nobody waits; raise when it fails."""
        wrapper = new_connection(self._database)
        try:
            driver: Any = wrapper.connection
            channel, process = driver.execute(statement("channel")).fetchone()
            driver.execute(f'LISTEN "{channel}"')
            if process != driver.info.backend_pid:
                self._probe(driver, channel)
            # The fence first: what moves it once all have looked is to be seen.
            fence = self._look(driver, channel, None)
            self.ring(ANYTHING)  # what was announced before
            self._silence_is_known = False
            while self.topics():
                self._live_until = clock.monotonic() + LIVE_FOR * BEAT
                for notification in driver.notifies(timeout=_beat()):
                    self.ring(notification.payload)
                fence = self._look(driver, channel, fence)
        finally:
            wrapper.close()

    def _look(self, driver: Any, channel: str, fence: int | None) -> int:
        """Ring who has something to find; return the fence."""
        topics = self.topics()
        queues = queues_among(topics)
        now, ready, listens = driver.execute(
            statement("beat"), {"queues": queues, "channel": channel}
        ).fetchone()
        if not listens:
            raise NotHeard("the session listens no more")
        self.ring_topics([queue_topic(name) for name in ready], more=False)
        if fence is not None and now != fence:
            self.ring_topics(streams_among(topics), more=False)
        return int(now)

    def _probe(self, driver: Any, channel: str) -> None:
        """Raise NotHeard unless another session is heard: a pooler is between."""
        token = f"?{uuid4()}"
        other = new_connection(self._database)
        try:
            speaker: Any = other.connection
            speaker.execute(statement("notify"), {"topic": token})
        finally:
            other.close()
        for notification in driver.notifies(timeout=PROBE_SECONDS):
            if notification.payload == token:
                return
        driver.execute("UNLISTEN *")
        raise NotHeard("a connection pooler that gives no session is in between")

    def _note_silence(self, reason: NotHeard) -> None:
        if not self._silence_is_known:
            logger.warning(
                "notifications of database %r do not arrive (%s); polling instead",
                self._database,
                reason,
            )
        self._silence_is_known = True


def new_connection(alias: str) -> Any:
    """Open a connection as Django would, but never from a pool."""
    known = connections[alias]
    options = {**OPTIONS, **known.settings_dict["OPTIONS"]}
    options.pop("pool", None)
    options["application_name"] = "eventstreaming listener"
    settings = {**known.settings_dict, "OPTIONS": options, "AUTOCOMMIT": True}
    wrapper: Any = type(known)(settings, alias)
    wrapper.connect()
    return wrapper


def _beat() -> float:
    return BEAT * (0.9 + clock.random() / 5)
