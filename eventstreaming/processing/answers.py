"""Answering the messages whose handlers have ended."""

import logging
import threading
import traceback

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.events.signals import someone_hears_of_done, tell_done, tell_failed
from eventstreaming.exceptions import LeaseLost, MessageCancelled
from eventstreaming.processing.activity import Activity
from eventstreaming.processing.counts import Counts
from eventstreaming.processing.jobs import Outcome
from eventstreaming.processing.leases import Leases
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")


class Answers:
    """
    Outcomes to be told to the store: done, or failed.

    One statement for each queue, and one for each failure. What could not be told,
    the database being away, stays here.
    """

    def __init__(
        self,
        leases: Leases,
        activity: Activity,
        counts: Counts,
        stop: threading.Event,
    ) -> None:
        self._leases = leases
        self._activity = activity
        self._counts = counts
        self._stop = stop
        self._outcomes: list[Outcome] = []

    def __len__(self) -> int:
        return len(self._outcomes)

    def add(self, outcomes: list[Outcome]) -> None:
        """Take outcomes, to be told with the next ones."""
        self._outcomes += outcomes
        if outcomes:
            self._counts.measure(outcomes)

    def tell(self, store: BaseEventStore) -> None:
        """Tell the store all outcomes."""
        if not self._outcomes:
            return
        by_queue: dict[str, list[Outcome]] = {}
        rest: list[Outcome] = []
        for outcome in self._outcomes:
            if outcome.error is None and not outcome.settled:
                queue = outcome.job.message.stream_name
                by_queue.setdefault(queue, []).append(outcome)
            else:
                rest.append(outcome)
        for queue, outcomes in by_queue.items():
            self._acknowledge(store, queue, outcomes)
        for outcome in rest:
            if outcome.error is None:
                self._counts.done[outcome.job.handler.queue] += 1
                _say(outcome, "done")
                tell_done(outcome.job.message, outcome.seconds)
            else:
                self._fail(store, outcome, outcome.error)
            self._forget([outcome.job.message])
        self._activity.happened()

    def _acknowledge(
        self, store: BaseEventStore, queue: str, outcomes: list[Outcome]
    ) -> None:
        messages = [outcome.job.message for outcome in outcomes]
        lost = store.acknowledge_many(queue, messages)
        for message in lost:
            logger.warning("%s: %r was done, but its lease is lost", queue, message)
        self._counts.done[queue] += len(messages) - len(lost)
        self._forget(messages)
        if not (logger.isEnabledFor(logging.DEBUG) or someone_hears_of_done()):
            return
        receipts = {message.receipt for message in lost}
        for outcome in outcomes:
            is_lost = outcome.job.message.receipt in receipts
            _say(outcome, "done, lease lost" if is_lost else "done")
            if not is_lost:
                tell_done(outcome.job.message, outcome.seconds)

    def _forget(self, messages: list[Message]) -> None:
        self._leases.drop(messages)
        answered = {message.receipt for message in messages}
        self._outcomes = [
            outcome
            for outcome in self._outcomes
            if outcome.job.message.receipt not in answered
        ]

    def _fail(
        self, store: BaseEventStore, outcome: Outcome, error: BaseException
    ) -> None:
        handler, message = outcome.job.handler, outcome.job.message
        if isinstance(error, KeyboardInterrupt):
            self._interrupt(store, message)
            return
        try:
            again = store.nack(
                message.stream_name,
                message.message_id,
                receipt=message.receipt,
                error=error,
                **handler.retry.decision(message.attempts + 1, error),
            )
        except LeaseLost as lost:
            logger.warning("%r failed with %s; %s", message, describe(error), lost)
            _say(outcome, "failed, lease lost")
            return
        self._counts.failed[handler.queue] += 1
        _say(outcome, "failed, to be retried" if again else "failed for good")
        tell_failed(message, error, dead_letter=not again)
        if isinstance(error, MessageCancelled) and not again:
            logger.info("%r was cancelled", message)
        elif again:
            logger.warning("%r failed, to be retried: %s", message, describe(error))
        else:
            logger.error(
                "%r failed for good, now a dead letter: %s",
                message,
                describe(error),
                exc_info=error,
            )

    def _interrupt(self, store: BaseEventStore, message: Message) -> None:
        """Stop as if told to; the message that asked for it is not to blame."""
        store.release([message])
        logger.warning("%r interrupted the worker, which stops", message)
        self._stop.set()


def _say(outcome: Outcome, what: str) -> None:
    """Write the line of a message, which `runworker -v 2` shows."""
    message = outcome.job.message
    logger.debug(
        "%s #%s, attempt %d: %s after %.3f s",
        message.stream_name,
        message.message_id,
        message.attempts + 1,
        what,
        outcome.seconds,
    )


def describe(error: BaseException) -> str:
    """Return an error in one line, for a log."""
    lines = traceback.format_exception_only(error)  # safe if str(error) raises
    return lines[-1].partition("\n")[0][:200]
