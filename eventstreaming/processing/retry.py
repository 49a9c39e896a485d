"""When a failed delivery is tried again."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from eventstreaming import clock
from eventstreaming.backends.base import BACKOFF, MAX_ATTEMPTS
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidType
from eventstreaming.types import Duration

logger = logging.getLogger("eventstreaming.worker")

Backoff = Duration | Sequence[Duration] | Callable[[int, BaseException], Duration]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    How often and how late to try again.

    `backoff` is None (exponential with full jitter: a random part of 1, 2, 4,
    … 600 seconds), a duration, a list of durations whose last one repeats, or
    a callable of the number of failed attempts and the exception.
    """

    max_attempts: int | None = None
    backoff: Backoff | None = None

    def __post_init__(self) -> None:
        arguments.optional_integer(self.max_attempts, "max_attempts", 1, 32_767)
        if self.backoff is None or callable(self.backoff):
            return
        if isinstance(self.backoff, Sequence) and not isinstance(self.backoff, str):
            if not self.backoff:
                raise InvalidType("backoff", "is an empty list")
            for index, delay in enumerate(self.backoff):
                arguments.optional_delay(delay, f"backoff[{index}]")
        else:
            arguments.optional_delay(self.backoff, "backoff")

    @property
    def attempts_allowed(self) -> int:
        """Return how many attempts there are."""
        return self.max_attempts or MAX_ATTEMPTS

    def delay(self, attempts: int, error: BaseException) -> float:
        """Return the seconds to wait after `attempts` failed ones."""
        if self.backoff is None:
            return clock.random() * BACKOFF[min(attempts, len(BACKOFF)) - 1]
        if isinstance(self.backoff, int | float | timedelta):
            chosen: Duration = self.backoff
        elif isinstance(self.backoff, Sequence):
            chosen = self.backoff[min(attempts, len(self.backoff)) - 1]
        else:
            return self._called(self.backoff, attempts, error)
        return arguments.optional_delay(chosen, "backoff") or 0.0

    def _called(
        self,
        backoff: Callable[[int, BaseException], Duration],
        attempts: int,
        error: BaseException,
    ) -> float:
        """Ask the project's function; what it does wrong must not stop a worker."""
        try:
            return arguments.optional_delay(backoff(attempts, error), "backoff") or 0.0
        except Exception:
            logger.exception("backoff %r failed; using the default", backoff)
            return RetryPolicy().delay(attempts, error)
