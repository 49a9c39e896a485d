"""The threads that run queue handlers."""

import threading
from collections import deque
from collections.abc import Iterable
from functools import partial
from queue import Empty, SimpleQueue

from django.db import connections

from eventstreaming import clock
from eventstreaming.processing.calls import handle_message
from eventstreaming.processing.connections import restore_connections
from eventstreaming.processing.interruptible import Interruptible
from eventstreaming.processing.jobs import Inbox, Job, Outcome, Running
from eventstreaming.processing.settling import HandlersStore
from eventstreaming.processing.slates import slate
from eventstreaming.types import Message


class HandlerPool:
    """A fixed number of threads; each has Django connections of its own."""

    def __init__(self, size: int, inbox: Inbox) -> None:
        self.size = size
        self._inbox = inbox
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._since: deque[float] = deque()  # of each job that is not begun
        self._revoked: dict[str, BaseException] = {}
        self._running: dict[threading.Thread, Running] = {}
        self._threads: list[threading.Thread] = []
        for _ in range(size):
            self._add_thread()

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs for the next free thread."""
        now = clock.monotonic()
        for job in jobs:
            self._since.append(now)
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
                self._since.popleft()
                jobs.append(job)

    def seconds_waited(self) -> float:
        """Return how long the first job has been waiting that is not begun."""
        try:
            return clock.monotonic() - self._since[0]
        except IndexError:
            return 0.0

    def revoke(self, message: Message, error: BaseException) -> None:
        """Let no thread begin the message; its outcome is this error."""
        self._revoked[message.receipt] = error

    def running(self) -> list[Running]:
        """Return what the threads run now."""
        return list(self._running.copy().values())

    def abandon(self, running: Running) -> bool:
        """Put a thread in the place of one whose handler does not end."""
        for thread, other in self._running.copy().items():
            # The thread takes it out as well: whoever is first decides.
            if other is running and self._running.pop(thread, None) is not None:
                self._threads.remove(thread)
                self._add_thread()
                return True
        return False

    def close(self) -> None:
        """End the threads after the jobs they run."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="handler", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        this, interruptible = threading.current_thread(), Interruptible()
        while (job := self._jobs.get()) is not None:
            self._since.popleft()
            receipt = job.message.receipt
            if self._revoked and (error := self._revoked.pop(receipt, None)):
                self._inbox.put(Outcome(job, error, False, 0.0))
                continue
            running = Running(job, partial(interruptible.interrupt, receipt))
            slate.begin(job.message)
            self._running[this] = running
            outcome = _run(running, interruptible)
            if self._running.pop(this, None) is None:
                break  # given up; another thread is in the place of this one
            if self._revoked:
                self._revoked.pop(receipt, None)
            self._inbox.put(outcome)
        connections.close_all()


def _run(running: Running, interruptible: Interruptible) -> Outcome:
    """Run one handler, with Django's connections in order before and after."""
    message, function = running.job.message, running.job.function
    store = HandlersStore(message, running.job.handler.retry)
    error = interruptible.run(
        message.receipt,
        lambda: handle_message(function, store.give(message)),
    )
    restore_connections()
    return running.outcome(error, store.answered)
