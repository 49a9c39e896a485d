"""The threads that run queue handlers."""

import threading
from collections.abc import Iterable
from queue import Empty, SimpleQueue

from django.db import connections

from eventstreaming import clock
from eventstreaming.processing.calls import handle_message
from eventstreaming.processing.connections import restore_connections
from eventstreaming.processing.jobs import Inbox, Job, Outcome, not_begun
from eventstreaming.processing.settling import HandlersStore
from eventstreaming.types import Message


class HandlerPool:
    """A fixed number of threads; each has Django connections of its own."""

    def __init__(self, size: int, inbox: Inbox) -> None:
        self.size = size
        self._inbox = inbox
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._revoked: set[str] = set()
        self._threads = [
            threading.Thread(target=self._work, name=f"handler-{n}", daemon=True)
            for n in range(size)
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
                self._inbox.put(not_begun(job))
            else:
                self._inbox.put(run_job(job))
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
    restore_connections()
    return Outcome(job, error, store.answered, clock.monotonic() - began)
