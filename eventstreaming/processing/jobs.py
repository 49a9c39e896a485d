"""What the pools of a worker are given, and what comes back from them."""

from asyncio import CancelledError
from collections.abc import Callable, Iterable
from contextlib import suppress
from math import inf
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from eventstreaming import clock
from eventstreaming.exceptions import (
    HandlerInterrupted,
    HandlerTimeout,
    MessageCancelled,
)
from eventstreaming.processing.registry import MessageFunction, QueueHandler
from eventstreaming.types import Message


class Job(NamedTuple):
    """A leased message, the function that is to get it, and for how many seconds."""

    handler: QueueHandler
    message: Message
    function: MessageFunction
    is_async: bool = False
    timeout: float | None = None


class Outcome(NamedTuple):
    """How a job ended; `settled` if its handler has answered by itself."""

    job: Job
    error: BaseException | None
    settled: bool
    seconds: float


class Inbox:
    """Where the pools of one control thread leave their outcomes."""

    def __init__(self) -> None:
        self._outcomes: SimpleQueue[Outcome | None] = SimpleQueue()

    def put(self, outcome: Outcome) -> None:
        """Leave an outcome, from any thread."""
        self._outcomes.put(outcome)

    def wake(self) -> None:
        """End the wait of `take()`, from any thread."""
        self._outcomes.put(None)

    def take(self, timeout: float) -> list[Outcome]:
        """Wait up to `timeout` seconds for an outcome or a call of `wake()`."""
        outcomes: list[Outcome | None] = []
        with suppress(Empty):
            outcomes.append(self._outcomes.get(timeout=timeout))
            while True:
                outcomes.append(self._outcomes.get_nowait())
        return [outcome for outcome in outcomes if outcome is not None]


class Running:
    """A job that has begun, and how to interrupt it."""

    __slots__ = ("_interrupt", "began", "interrupted_at", "job", "reason")

    def __init__(
        self, job: Job, interrupt: Callable[[type[HandlerInterrupted]], object]
    ) -> None:
        self.job = job
        self.began = clock.monotonic()
        self.reason: type[HandlerInterrupted] | None = None
        self.interrupted_at = inf
        self._interrupt = interrupt

    @property
    def seconds(self) -> float:
        """Return how long the job has been running."""
        return clock.monotonic() - self.began

    def interrupt(self, reason: type[HandlerInterrupted]) -> None:
        """Have the handler end, once."""
        if self.reason is None:
            self.reason = reason
            self.interrupted_at = clock.monotonic()
            self._interrupt(reason)

    def outcome(self, error: BaseException | None, settled: bool) -> Outcome:
        """Return how the job ended; an interruption says what it was for."""
        if self.reason and isinstance(error, HandlerInterrupted | CancelledError):
            error = self.explanation().with_traceback(error.__traceback__)
        return Outcome(self.job, error, settled, self.seconds)

    def explanation(self) -> BaseException:
        """Return the error of a job that was interrupted."""
        message = self.job.message
        if self.reason is HandlerTimeout:
            return HandlerTimeout(message.stream_name, self.job.timeout or 0.0)
        return MessageCancelled(message.stream_name, message.message_id)


class Pool(Protocol):
    """Runs jobs, `size` of them at a time, and puts their outcomes into an inbox."""

    size: int

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs, which are begun in this order."""

    def take_unstarted(self) -> list[Job]:
        """Return the jobs that are not begun; none of them will run."""

    def seconds_waited(self) -> float:
        """Return how long the first job has been waiting that is not begun."""

    def revoke(self, message: Message, error: BaseException) -> None:
        """Begin the message no more; its outcome is this error."""

    def running(self) -> list[Running]:
        """Return what runs now."""

    def abandon(self, running: Running) -> bool:
        """
        Let another job have the place of one that does not end.

        Return False if it has ended just now; otherwise its outcome will not come.
        """

    def close(self) -> None:
        """Wait for the jobs that run, and end."""
