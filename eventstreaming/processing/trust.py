"""
Expecting a batch to go well, so that no event needs a savepoint.

A savepoint for each event would cost more than many a handler does. Without them a
batch can only be undone as a whole, which is done when anything in it fails.
"""

import logging
from collections.abc import Callable, Iterable
from math import inf
from typing import TypeVar

from eventstreaming import clock
from eventstreaming.processing.outages import is_contention, is_outage
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

T = TypeVar("T")

CAREFUL_SECONDS = 30.0  # after a failure, since another one may follow


class HandlerFailed(Exception):
    """A handler failed in a batch that has no savepoint to go back to."""


class Trust:
    """What one thread expects of the batches of a subscription."""

    def __init__(
        self, subscription: EventSubscription, database: str, *, careful: bool
    ) -> None:
        """Never trust if `careful`."""
        self._subscription = subscription
        self._database = database
        self._careful_until = inf if careful else -inf
        # Whether the batch that runs is trusted.
        self.is_given = False

    def attempt(self, batch: Callable[[], T]) -> T:
        """Run a transaction trusting; if it fails, run it again without trust."""
        self.is_given = clock.monotonic() >= self._careful_until
        try:
            return batch()
        except Exception as error:
            if not self.is_given or self._is_passing(error):
                raise
            logger.info(
                "%s: a batch is run again, with a savepoint for each event: %r",
                self._subscription.name,
                error.__cause__ or error,
            )
        self.is_given = False
        self._careful_until = max(
            self._careful_until, clock.monotonic() + CAREFUL_SECONDS
        )
        return batch()

    def handle_all(
        self,
        events: Iterable[StoredEvent],
        handle: Callable[[StoredEvent], object],
        until: float,
    ) -> tuple[int, StoredEvent | None]:
        """
        Handle events as they are, the first and what begins before `until`.

        Return how many, and the last one; raise HandlerFailed if all is to be undone.
        What leaves the transaction spoiled without an error makes a later statement
        of the batch fail, the one that saves the place at the latest.
        """
        passed, last = 0, None
        try:
            for event in events:
                if passed and clock.monotonic() > until:
                    break
                handle(event)
                passed, last = passed + 1, event
        except BaseException as error:  # SystemExit must not end the thread unseen
            if self._is_passing(error):
                raise
            raise HandlerFailed from error
        return passed, last

    def _is_passing(self, error: BaseException) -> bool:
        """Say whether a worker waits out what happened, whatever it has called."""
        return is_outage(error, self._database) or is_contention(error)
