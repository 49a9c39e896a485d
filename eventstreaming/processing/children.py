"""One child of a supervisor: a worker process, from its start to its end."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from math import inf

from msgspec import structs

from eventstreaming import clock
from eventstreaming.processing.reports import Report
from eventstreaming.processing.slates import SharedSlate
from eventstreaming.processing.supervised import LINE, SupervisorsEnd

logger = logging.getLogger("eventstreaming.worker")

REPORT_EVERY = 1.0  # seconds
HANGING_SECONDS = 60.0  # without a report, of which there is one a second
LATE_SECONDS = 60.0  # of a control loop, beyond what it meant to rest
KILL_AFTER = 3.0  # seconds beyond the grace, within which a child ends by itself


class Child:
    """
    A process that runs the same command line, as a worker.

    It is executed anew, not forked: a fork would share the database connections of
    the supervisor and inherit the locks of its threads, and runs old code.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.line = SupervisorsEnd()
        self._slate = SharedSlate()
        numbers = [self.line.childs.fileno(), self._slate.fileno()]
        self._process = subprocess.Popen(  # noqa: S603 (it is our own)
            command,
            env={**os.environ, LINE: f"{numbers[0]} {numbers[1]} {time.time()}"},
            pass_fds=numbers,
            stdin=subprocess.DEVNULL,
        )
        self.line.childs.close()
        self.pid = self._process.pid
        self.started_at = clock.monotonic()
        self.report: Report | None = None
        self.is_outdated = False  # it is to be replaced, though nothing is wrong
        self.is_leaving = False  # it was told to end
        self._heard_at = self.started_at
        self._kill_at = inf
        self._is_killed = False

    @property
    def age(self) -> float:
        """Return its seconds."""
        return clock.monotonic() - self.started_at

    @property
    def begun(self) -> list[str] | None:
        """Return the messages that it has begun and not answered, if they are known."""
        return self._slate.begun()

    def forget(self) -> None:
        """Give up what is kept of it after its death."""
        self._slate.close()

    @property
    def is_ready(self) -> bool:
        """Say whether its control loops turn."""
        return self.report is not None and self.report.state == "running"

    def receive(self) -> None:
        """Hear what it has to say."""
        for report in self.line.receive():
            known = self.report.changes if self.report else 0
            self.is_outdated = self.is_outdated or report.changes > known
            self.report = report
            self._heard_at = clock.monotonic()

    def present_report(self) -> Report | None:
        """Return its last report; it is late if it was some time ago."""
        unheard = clock.monotonic() - self._heard_at - REPORT_EVERY
        if self.report is None or unheard <= self.report.late:
            return self.report
        return structs.replace(self.report, late=unheard)

    def drain(self) -> None:
        """Let it finish what it has, however long that takes."""
        self.is_leaving = True
        self.line.order_drain()

    def stop(self, grace: float) -> None:
        """Let it finish what it can within its grace."""
        self.is_leaving = True
        self._kill_at = min(self._kill_at, clock.monotonic() + grace + KILL_AFTER)
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it now."""
        self._is_killed = True
        self._signal(signal.SIGKILL)

    def dump_stacks(self) -> None:
        """Let it write what its threads do to its standard error."""
        self._signal(signal.SIGUSR1)

    def why_kill(self) -> str:
        """Say why it must be killed, or nothing if it need not, or was."""
        if self._is_killed:
            return ""
        now = clock.monotonic()
        if now >= self._kill_at:
            return "has not ended within its grace"
        if now - self._heard_at >= HANGING_SECONDS:
            return f"has not been heard of for {HANGING_SECONDS:g} s"
        if self.report is not None and self.report.late >= LATE_SECONDS:
            return f"has a control loop that hangs for {LATE_SECONDS:g} s"
        return ""

    def poll(self) -> int | None:
        """Return its exit code once it has ended, negative for a signal."""
        code = self._process.poll()
        if code is not None:
            self.receive()
        return code

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)


def how_it_ended(code: int) -> str:
    """Return an exit code in words."""
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
