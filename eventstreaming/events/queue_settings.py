"""
The settings of queues: what there is, its defaults, and which one counts.

Whoever is closer to the message decides, setting by setting:

1. the argument of the call, or of `@queue_handler`;
2. the message (`max_attempts` only);
3. the settings of the queue's own name;
4. those of the longest pattern that matches it (`email-eu-*` before `email-*`);
5. those of `*`;
6. the built-in ones, which are the defaults of `QueueSettings`.

A pause needs no order: a queue is paused while any of these says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.events.patterns import matching
from eventstreaming.events.unset import UNSET
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import Duration

VISIBILITY_TIMEOUT = 30.0  # seconds
MAX_ATTEMPTS = 5
MAX_DELIVERIES = 20
BACKOFF = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 600.0)
BLOCK, SKIP = "block", "skip"
MAX_COUNT = 32_767
DELAYS_AT_MOST = 100
LONGEST_TIMEOUT = 7 * 86_400.0  # seconds, of a handler

Delays = Duration | Sequence[Duration]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """
    The settings in force for one queue. Durations are in seconds.

    A handler that runs for longer than `timeout` is interrupted; None lets it run.
    `concurrency` is the bound of each worker process; None is none but its threads.

    `backoff` None is the built-in one: a random part of 1, 2, 4, … 600 seconds.
    `dead_letter_retention` None keeps dead letters for ever. `group_policy` says
    what a delayed or failing message of a group does to those behind it: they wait
    ("block"), or they go on ("skip").
    """

    visibility_timeout: float = VISIBILITY_TIMEOUT
    max_attempts: int = MAX_ATTEMPTS
    max_deliveries: int = MAX_DELIVERIES
    timeout: float | None = None
    concurrency: int | None = None
    backoff: tuple[float, ...] | None = None
    dead_letter_retention: float | None = None
    group_policy: str = BLOCK
    description: str = ""
    paused: bool = False


def checked_settings(**given: object) -> dict[str, Any]:
    """
    Check the settings that were given; None resets one, UNSET is left out.

    Raise InvalidValue or InvalidType naming the setting.
    """
    return {
        name: checked_setting(name, value)
        for name, value in given.items()
        if value is not UNSET
    }


def checked_setting(name: str, value: object) -> Any:
    """Check one setting and return it as stores keep it; None is built-in."""
    return _CHECKS[name](value, name)


def settings_in_force(
    name: str, stored: Mapping[str, Mapping[str, Any]]
) -> QueueSettings:
    """Return what counts for a queue, given settings by name or pattern."""
    found = [stored[place] for place in matching(name) if place in stored]
    chosen: dict[str, Any] = {}
    for settings in reversed(found):
        chosen |= {
            key: value for key, value in settings.items() if value not in (None, "")
        }
    chosen["paused"] = any(settings.get("paused") for settings in found)
    backoff = chosen.get("backoff")
    chosen["backoff"] = None if backoff is None else tuple(backoff)
    return QueueSettings(**chosen)


def delay_before_retry(
    backoff: Sequence[float] | None, attempts: int, random: Callable[[], float]
) -> float:
    """Return the seconds to wait after `attempts` failed ones."""
    if backoff is None:
        return random() * BACKOFF[min(attempts, len(BACKOFF)) - 1]
    return backoff[min(attempts, len(backoff)) - 1]


def _timeout(value: Any, name: str) -> float | None:
    return None if value is None else arguments.visibility_timeout(value, name)


def _handler_timeout(value: Any, name: str) -> float | None:
    if value is None:
        return None
    return arguments.seconds(value, name, LONGEST_TIMEOUT, minimum=0.001)


def _age(value: Any, name: str) -> float | None:
    return None if value is None else arguments.seconds(value, name, limits().delay)


def _count(value: object, name: str) -> int | None:
    return arguments.optional_integer(value, name, 1, MAX_COUNT)


def _delays(value: Any, name: str) -> list[float] | None:
    """Check one duration, or a list of them whose last one repeats."""
    if value is None:
        return None
    if isinstance(value, int | float | timedelta):
        return [arguments.seconds(value, name, limits().delay)]
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise InvalidType(
            name, f"must be a duration or a list of them, not {type(value).__name__}"
        )
    if not 1 <= len(value) <= DELAYS_AT_MOST:
        raise InvalidValue(
            name,
            f"must have 1 to {DELAYS_AT_MOST} durations, not {len(value)}",
            limit=DELAYS_AT_MOST,
        )
    return [
        arguments.seconds(delay, f"{name}[{index}]", limits().delay)
        for index, delay in enumerate(value)
    ]


def _group_policy(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidType(name, f"must be a str, not {type(value).__name__}")
    if value not in (BLOCK, SKIP):
        raise InvalidValue(
            name, f"must be {BLOCK!r} or {SKIP!r}, not {arguments.excerpt(value)}"
        )
    return arguments.plain(value)


def _description(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidType(name, f"must be a str, not {type(value).__name__}")
    return arguments.plain(arguments.storable(value, name))


def _paused(value: object, name: str) -> bool:
    return value is not None and arguments.flag(value, name)


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "visibility_timeout": _timeout,
    "max_attempts": _count,
    "max_deliveries": _count,
    "timeout": _handler_timeout,
    "concurrency": _count,
    "backoff": _delays,
    "dead_letter_retention": _age,
    "group_policy": _group_policy,
    "description": _description,
    "paused": _paused,
}
