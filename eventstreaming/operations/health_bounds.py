"""
When a store is degraded, and when it is unhealthy: the setting EVENT_STREAM_HEALTH.

    EVENT_STREAM_HEALTH = {"unhealthy": {"lag": 5_000, "dead": 100}}
"""

from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from eventstreaming.exceptions import InvalidArgument
from eventstreaming.operations.thresholds import Thresholds

SETTING = "EVENT_STREAM_HEALTH"


class HealthBounds(NamedTuple):
    """The bounds of the two levels; those of a level that is not set are these."""

    degraded: Thresholds = Thresholds(lag=1_000, stalled=5 * 60)
    unhealthy: Thresholds = Thresholds(lag=10_000, stalled=15 * 60)


def health_bounds() -> HealthBounds:
    """
    Return the bounds in force.

    Raise ImproperlyConfigured when the setting names an unknown level or bound, or
    holds something else than numbers.
    """
    configured = getattr(settings, SETTING, {})
    if not isinstance(configured, dict):
        raise ImproperlyConfigured(f"{SETTING} must be a dict")
    levels = {}
    for level, bounds in configured.items():
        where = f"{SETTING}[{level!r:.80}]"
        if level not in HealthBounds._fields:
            known = ", ".join(HealthBounds._fields)
            raise ImproperlyConfigured(f"{where}: known are {known}")
        try:
            levels[level] = Thresholds(**bounds)
        except (InvalidArgument, TypeError) as error:
            raise ImproperlyConfigured(f"{where}: {error}") from error
    return HealthBounds(**levels)
