"""How much one pool of a worker may hold: what it runs, and begins soon."""

from collections.abc import Sequence

from eventstreaming.processing.jobs import Job, Outcome, Pool
from eventstreaming.types import Message

AHEAD_SECONDS = 0.1  # how much unstarted work may lie here
AHEAD_AT_MOST = 800
PATIENCE_SECONDS = 1.0  # what is not begun by then goes back, for others to take


class Room:
    """A pool for handlers of one kind, async or not, and how fast they have been."""

    def __init__(self, pool: Pool, *, is_async: bool) -> None:
        self.pool = pool
        self.is_async = is_async
        self._seconds_per_job = AHEAD_SECONDS

    def is_for(self, job: Job | None) -> bool:
        """Say whether a job runs here."""
        return job is not None and job.is_async is self.is_async

    def wanted(self, held: int) -> int:
        """Return how many messages to claim if so many are here."""
        ahead = min(
            int(self.pool.size * AHEAD_SECONDS / self._seconds_per_job), AHEAD_AT_MOST
        )
        wanted = self.pool.size + ahead - held
        if held > self.pool.size and wanted < ahead // 2:
            return 0  # a claim for a few is dear; the pool has work meanwhile
        return max(0, wanted)

    def note(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from how long jobs took; the last ones count most."""
        if outcomes:
            seconds = sum([outcome.seconds for outcome in outcomes]) / len(outcomes)
            is_news = 1 - 0.95 ** len(outcomes)
            self._seconds_per_job += (seconds - self._seconds_per_job) * is_news
            self._seconds_per_job = max(self._seconds_per_job, 1e-4)

    def take_delayed(self) -> list[Message]:
        """
        Return all that is not begun, if it has been waiting for too long.

        Handlers take longer than they did; nothing is taken ahead until they have
        been quick again for a while.
        """
        if self.pool.seconds_waited() < PATIENCE_SECONDS:
            return []
        self._seconds_per_job = max(
            self._seconds_per_job, (self.pool.size + 1) * AHEAD_SECONDS
        )
        return [job.message for job in self.pool.take_unstarted()]
