"""Where a new subscription begins."""

from datetime import datetime
from typing import Literal

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing.source_places import place_at
from eventstreaming.processing.sources import Source

StartFrom = Literal["beginning", "end"] | int | datetime


def checked_start(start_from: StartFrom) -> StartFrom:
    """Check where to begin. Raise InvalidValue or InvalidType."""
    if isinstance(start_from, datetime):
        if start_from.tzinfo is None:
            raise InvalidValue("start_from", "has no time zone")
        return start_from
    if isinstance(start_from, str):
        if start_from not in ("beginning", "end"):
            raise InvalidValue(
                "start_from", "must be 'beginning', 'end', a place, or a time"
            )
        return start_from
    if isinstance(start_from, int):
        return arguments.integer(start_from, "start_from")
    raise InvalidType(
        "start_from",
        f"must be a str, an int or a datetime, not {type(start_from).__name__}",
    )


def place_before(
    start_from: StartFrom, source: Source, store: BaseEventStore
) -> int | None:
    """Return the place before the first event that is wanted, None for all."""
    if start_from == "beginning":
        return None
    if isinstance(start_from, datetime):
        before = place_at(store, source, start_from) - 1
    elif isinstance(start_from, int):
        before = start_from - 1
    else:
        before = source.end(store)
    return before if before > source.before_first else None
