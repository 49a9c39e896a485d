"""Which streams are meant by names and patterns."""

from collections.abc import Collection

from django.db.models import Q

from eventstreaming.events.patterns import is_pattern

AFTER_ALL_NAMES = "~"  # sorts behind each character of a name


def named(places: Collection[str]) -> Q:
    """Return the condition on a stream's name; without places all are meant."""
    condition = Q()
    for place in places:
        if not is_pattern(place):
            condition |= Q(name=place)
            continue
        beginning = place[:-1]
        condition |= Q(name__gte=beginning, name__lt=beginning + AFTER_ALL_NAMES)
    return condition
