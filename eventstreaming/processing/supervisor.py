"""A process that keeps workers running: children, each with a worker."""

import logging
import selectors
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress

from eventstreaming import clock
from eventstreaming.processing.children import REPORT_EVERY, Child
from eventstreaming.processing.dead_workers import DeadWorkers
from eventstreaming.processing.duties import Duty, attend
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.limits import Limits
from eventstreaming.processing.places import Place

logger = logging.getLogger("eventstreaming.worker")

TICK = 0.5  # seconds: what nobody rings for is seen by then
LAST_RELEASE_SECONDS = 5.0


class Supervisor:
    """
    Keeps `processes` children running, each started with `command`.

    A child that dies is replaced, and what it held is given back at once. With
    `batch` a child that has ended well is not replaced, and when all have, the
    supervisor ends. `stop()`, `restart()` and `dump_stacks()` may be called from
    a signal handler.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        processes: int = 1,
        grace: float = 25.0,
        batch: bool = False,
        limits: Limits | None = None,
        duties: Sequence[Duty] = (),
    ) -> None:
        self._command = list(command)
        self._grace = grace
        self._batch = batch
        self._limits = limits or Limits()
        self._duties = duties
        self._attend_at = 0.0
        self._places = [Place(self._spawn) for _ in range(processes)]
        self._leaving: list[Child] = []
        self._dead = DeadWorkers()
        self._ending = Ending.DONE
        self._stops = 0  # how often it was told to stop
        self._stopped = 0  # and how often it has obeyed
        self._restart_wanted = False
        self._one_was_ready = False
        self._selector = selectors.DefaultSelector()
        self._bell, self.wakeup = socket.socketpair()
        for end in (self._bell, self.wakeup):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def run(self) -> Ending:
        """Work until stopped, or until all is done in a batch; return how it ended."""
        logger.info("Supervisor: %d workers", len(self._places))
        for duty in self._duties:
            duty.start()
        try:
            while not self._is_over():
                self._turn()
                self._wait()
        finally:
            for child in self.children():
                child.kill()
                self._close(child)
            for duty in self._duties:
                duty.finish()
            self._dead.finish(LAST_RELEASE_SECONDS)
            self._selector.close()
            self._bell.close()
            self.wakeup.close()
        logger.info("Supervisor stopped")
        return self._ending

    def stop(self) -> None:
        """Stop all within the grace; called again, at once."""
        self._stops += 1
        self._ring()

    def restart(self) -> None:
        """Replace all children, one after another."""
        self._restart_wanted = True
        self._ring()

    def dump_stacks(self) -> None:
        """Let all children write what their threads do."""
        for child in self.children():
            child.dump_stacks()

    def children(self) -> list[Child]:
        """Return all children that live."""
        working = [child for place in self._places for child in place.children()]
        return working + self._leaving

    def _is_over(self) -> bool:
        over = self._batch and self._stops == 0 and not self._places
        return (over or self._stopped > 0) and not self.children()

    def _turn(self) -> None:
        for child in self.children():
            child.receive()
            self._one_was_ready = self._one_was_ready or child.is_ready
        self._reap()
        self._obey()
        self._attend()
        self._kill_hanging()
        if self._stopped == 0:
            self._succeed()
            for place in self._places:
                place.fill()

    def _wait(self) -> None:
        """Wait for a report, a signal, the end of a child, or the next tick."""
        for key, _ in self._selector.select(TICK):
            if key.fileobj is self._bell:
                with suppress(OSError):
                    self._bell.recv(4096)

    def _ring(self) -> None:
        with suppress(OSError):  # rung enough, or at its end
            self.wakeup.send(b"\0")

    def _spawn(self) -> Child:
        child = Child(self._command)
        self._selector.register(child.line, selectors.EVENT_READ)
        logger.info("worker %d started", child.pid)
        return child

    def _close(self, child: Child) -> None:
        self._selector.unregister(child.line)
        child.line.close()

    def _reap(self) -> None:
        for child in self.children():
            code = child.poll()
            if code is not None:
                self._close(child)
                self._ended(child, code)
                child.forget()

    def _ended(self, child: Child, code: int) -> None:
        if code != Ending.DONE and child.report is not None:
            report = child.report
            self._dead.bury(report.worker_id, report.queues, child.begun)
        killed = child.is_leaving and code == -signal.SIGKILL
        cut_off = self._stopped > 0 and (killed or code == Ending.CUT_OFF)
        if cut_off and self._ending is Ending.DONE:
            self._ending = Ending.CUT_OFF
        if child in self._leaving:
            self._leaving.remove(child)
            return
        place = next(place for place in self._places if child in place.children())
        place.ended(child, code)
        if self._batch and code in (Ending.DONE, Ending.FAILED):
            self._places.remove(place)
            self._leaving += place.children()
            if code == Ending.FAILED:
                self._ending = Ending.FAILED
        elif code > 0 and code != Ending.REPLACE and not self._one_was_ready:
            logger.critical("the first workers do not start; see above")
            self._ending = Ending.FAILED
            self._stops = max(self._stops, 1)

    def _obey(self) -> None:
        """Do what signals have asked for."""
        if self._restart_wanted:
            self._restart_wanted = False
            for place in self._places:
                for child in place.children():
                    child.is_outdated = True
        while self._stopped < self._stops:
            self._stopped += 1
            for place in self._places:
                place.close()
            for child in self.children():
                if self._stopped == 1:
                    child.stop(self._grace)
                else:
                    child.kill()
                    self._ending = Ending.FAILED

    def _attend(self) -> None:
        """Have all reports noted, once a second."""
        now = clock.monotonic()
        if now >= self._attend_at:
            self._attend_at = now + REPORT_EVERY
            reports = [child.present_report() for child in self.children()]
            attend(self._duties, [report for report in reports if report])

    def _kill_hanging(self) -> None:
        for child in self.children():
            if reason := child.why_kill():
                logger.error("worker %d %s: killing it", child.pid, reason)
                child.kill()

    def _succeed(self) -> None:
        """Replace children, one at a time."""
        for place in self._places:
            if former := place.succeed():
                if former.report is not None and former.report.wants_replacement:
                    former.stop(self._grace)  # something in it may never end
                else:
                    former.drain()
                self._leaving.append(former)
        if any(place.successor for place in self._places):
            return
        for place in self._places:
            if place.child is None or not place.child.is_ready:
                continue
            reason = self._limits.why_replace(place.child)
            if reason and place.begin_succession(reason):
                return
