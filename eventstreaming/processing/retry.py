"""When a failed delivery is tried again."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from eventstreaming import clock
from eventstreaming.events import arguments
from eventstreaming.events.queue_settings import (
    MAX_ATTEMPTS,
    MAX_COUNT,
    delay_before_retry,
)
from eventstreaming.exceptions import InvalidType
from eventstreaming.types import Duration

logger = logging.getLogger("eventstreaming.worker")

Backoff = Duration | Sequence[Duration] | Callable[[int, BaseException], Duration]
Errors = tuple[type[BaseException], ...]


class Decision(TypedDict):
    """What a store's `nack()` is told; None leaves it to the queue's settings."""

    delay: float | None
    dead_letter: bool
    max_attempts: int | None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    How often and how late to try again.

    `backoff` is None (the queue's, else exponential with full jitter: a random
    part of 1, 2, 4, … 600 seconds), a duration, a list of durations whose last
    one repeats, or a callable of the number of failed attempts and the error.
    An error of the types `dead_letter_on` is not retried.
    """

    max_attempts: int | None = None
    backoff: Backoff | None = None
    dead_letter_on: Errors = ()

    def __post_init__(self) -> None:
        arguments.optional_integer(self.max_attempts, "max_attempts", 1, MAX_COUNT)
        _check_errors(self.dead_letter_on)
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

    def decision(self, attempts: int, error: str | BaseException | None) -> Decision:
        """
        Return what happens to a message whose attempt has failed.

        A text, or no error, counts as a RuntimeError.
        """
        if not isinstance(error, BaseException):
            error = RuntimeError(error or "given back without an error")
        rejected = isinstance(error, self.dead_letter_on)
        delay = None
        if self.backoff is not None and not rejected:
            delay = self.delay(attempts, error)
        return {
            "delay": delay,
            "dead_letter": rejected,
            "max_attempts": self.max_attempts,
        }

    def delay(self, attempts: int, error: BaseException) -> float:
        """Return the seconds to wait after `attempts` failed ones."""
        if self.backoff is None:
            return delay_before_retry(None, attempts, clock.random)
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


def _check_errors(errors: object) -> None:
    if not isinstance(errors, tuple):
        raise InvalidType(
            "dead_letter_on",
            f"must be a tuple of exception classes, not {type(errors).__name__}",
        )
    for index, error in enumerate(errors):
        if not isinstance(error, type) or not issubclass(error, BaseException):
            raise InvalidType(
                f"dead_letter_on[{index}]",
                f"{arguments.excerpt(error)} is no exception class",
            )
