"""How often a subscription's events are delivered, and when they count as handled."""

from typing import Literal

from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import Duration

Delivery = Literal["exactly_once", "at_least_once"]
Commit = Literal["each", "batch", "manual"] | float

SESSION_TIMEOUT = 30.0  # seconds


def delivery_options(
    delivery: Delivery,
    commit: Literal["each", "batch", "manual"] | Duration | None,
    session_timeout: Duration | None,
) -> tuple[Commit, float]:
    """
    Check the options of `@subscription`; return when to commit, and the time-out.

    Raise InvalidValue or InvalidType.
    """
    if delivery not in ("exactly_once", "at_least_once"):
        raise InvalidValue("delivery", "must be 'exactly_once' or 'at_least_once'")
    if delivery == "exactly_once" and (commit, session_timeout) != (None, None):
        name = "session_timeout" if commit is None else "commit"
        raise InvalidValue(
            name,
            "is for delivery='at_least_once': exactly once, what is handled commits "
            "with what the function writes",
        )
    timeout = SESSION_TIMEOUT
    if session_timeout is not None:
        timeout = arguments.visibility_timeout(session_timeout, "session_timeout")
    if isinstance(commit, str):
        if commit not in ("each", "batch", "manual"):
            raise InvalidValue(
                "commit", "must be 'each', 'batch', 'manual', or a number of seconds"
            )
        return commit, timeout
    if commit is None:
        return "batch", timeout
    seconds = arguments.optional_delay(commit, "commit")
    if not seconds:
        raise InvalidType("commit", "must be more than 0 seconds; use 'each'")
    return seconds, timeout
