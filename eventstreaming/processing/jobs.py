"""What the pools of a worker are given, and what comes back from them."""

from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from eventstreaming.exceptions import LeaseLost
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.types import Message


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


class Pool(Protocol):
    """Runs jobs, `size` of them at a time, and puts their outcomes into an inbox."""

    size: int

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs, which are begun in this order."""

    def take_unstarted(self) -> list[Job]:
        """Return the jobs that are not begun; none of them will run."""

    def revoke(self, messages: Iterable[Message]) -> None:
        """Begin none of these messages: their lease is lost."""

    def close(self) -> None:
        """Wait for the jobs that run, and end."""


def not_begun(job: Job) -> Outcome:
    """Return the outcome of a job that was revoked."""
    message = job.message
    lost = LeaseLost(message.stream_name, message.message_id, "taken")
    return Outcome(job, lost, False, 0.0)
