"""Telling logs and receivers what comes of an event that a subscription failed at."""

import logging

from eventstreaming.events.signals import FailedOutcome, tell_event_failed
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

_ENDINGS = {"skip": "skipped", "stop": "stopped at"}


def report_failed_event(
    declared: EventSubscription,
    event: StoredEvent,
    error: BaseException,
    outcome: FailedOutcome,
    using: str,
    *,
    attempts: int,
    delay: float = 0.0,
) -> None:
    """Log it, and send `event_failed` after the commit; `delay` is in seconds."""
    tell_event_failed(declared.name, event, error, outcome, using)
    if outcome == "retry":
        logger.warning(
            "%s: %r failed (attempt %d of %d), again in %.1f s: %r",
            declared.name,
            event,
            attempts,
            declared.retry.attempts_allowed,
            delay,
            error,
        )
        return
    logger.error(
        "%s: %s %r after %d attempts: %r",
        declared.name,
        _ENDINGS[outcome],
        event,
        attempts,
        error,
        exc_info=error,
    )
