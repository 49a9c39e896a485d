"""The threads that run queue handlers, and what comes back from them."""

import logging
import threading
import traceback
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple

from django.db import connections

from eventstreaming import clock
from eventstreaming.exceptions import LeaseLost
from eventstreaming.processing.calls import handle_message
from eventstreaming.processing.connections import tidy_connections
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.processing.settling import HandlersStore
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")


class Job(NamedTuple):
    """A leased message and the handler that is to run it."""

    handler: QueueHandler
    message: Message


class Outcome(NamedTuple):
    """How a job ended; `settled` if its handler has answered by itself."""

    job: Job
    error: BaseException | None
    settled: bool
    seconds: float


class HandlerPool:
    """A fixed number of threads; each has Django connections of its own."""

    def __init__(self, threads: int) -> None:
        self.outcomes: SimpleQueue[Outcome | None] = SimpleQueue()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._revoked: set[str] = set()
        self._threads = [
            threading.Thread(target=self._work, name=f"handler-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs for the next free thread."""
        for job in jobs:
            self._jobs.put(job)

    def take_unstarted(self) -> list[Job]:
        """Return the jobs that no thread has begun; none of them will run."""
        jobs: list[Job] = []
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs
            if job is not None:
                jobs.append(job)

    def revoke(self, messages: Iterable[Message]) -> None:
        """Let no thread begin these messages: their lease is lost."""
        self._revoked.update(message.receipt for message in messages)

    def finished(self, timeout: float) -> list[Outcome]:
        """Wait up to `timeout` seconds for an outcome or a call of `wake()`."""
        outcomes: list[Outcome | None] = []
        with suppress(Empty):
            outcomes.append(self.outcomes.get(timeout=timeout))
            while True:
                outcomes.append(self.outcomes.get_nowait())
        return [outcome for outcome in outcomes if outcome is not None]

    def wake(self) -> None:
        """End the wait of `finished()`, from any thread."""
        self.outcomes.put(None)

    def close(self) -> None:
        """End the threads after the jobs they run."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.message.receipt in self._revoked:
                self._revoked.discard(job.message.receipt)
                self.outcomes.put(_not_begun(job))
            else:
                self.outcomes.put(run_job(job))
        connections.close_all()


def run_job(job: Job) -> Outcome:
    """Run one handler, with Django's connections in order before and after."""
    began = clock.monotonic()
    store = HandlersStore(job.message, job.handler.retry)
    error: BaseException | None = None
    try:
        handle_message(job.handler.function, store.give(job.message))
    except BaseException as raised:  # SystemExit of a handler must not end a worker
        error = raised
    try:
        tidy_connections()
    except Exception:
        logger.exception("connections could not be put in order; dropping them")
        for alias in list(connections):
            with suppress(AttributeError):
                del connections[alias]
    return Outcome(job, error, store.answered, clock.monotonic() - began)


def _not_begun(job: Job) -> Outcome:
    message = job.message
    lost = LeaseLost(message.stream_name, message.message_id, "taken")
    return Outcome(job, lost, False, 0.0)


def describe(error: BaseException) -> str:
    """Return an error in one line, for a log."""
    lines = traceback.format_exception_only(error)  # safe if str(error) raises
    return lines[-1].partition("\n")[0][:200]
