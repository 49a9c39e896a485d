"""
The bounds of what may be stored, by the setting EVENT_STREAM_LIMITS.

    EVENT_STREAM_LIMITS = {"data_bytes": 1_048_576}
"""

from dataclasses import dataclass, fields
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SETTING = "EVENT_STREAM_LIMITS"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be stored. Sizes are in bytes of JSON, durations in seconds."""

    name_length: int = 255
    text_length: int = 255  # keys, correlation ids and the like
    data_bytes: int = 256 * 1024
    metadata_bytes: int = 64 * 1024
    depth: int = 100
    events_per_append: int = 10_000
    messages_per_enqueue: int = 10_000
    messages_per_dequeue: int = 10_000
    delay: float = 10 * 366 * 86_400.0
    visibility_timeout: float = 7 * 86_400.0
    wait: float = 3_600.0


@cache
def limits() -> Limits:
    """
    Return the bounds in force.

    Raise ImproperlyConfigured when the setting names an unknown bound or holds
    something else than positive numbers.
    """
    configured = getattr(settings, SETTING, {})
    if not isinstance(configured, dict):
        raise ImproperlyConfigured(f"{SETTING} must be a dict of names to numbers")
    known = {field.name for field in fields(Limits)}
    for name, value in configured.items():
        if name not in known:
            raise ImproperlyConfigured(
                f"{SETTING}: unknown limit {name!r}; known are {', '.join(sorted(known))}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ImproperlyConfigured(f"{SETTING}[{name!r}] must be a positive number")
    return Limits(**configured)
