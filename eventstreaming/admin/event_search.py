"""What the search box above the events understands."""

import re
from dataclasses import dataclass, replace
from typing import Any, Self

PREFIXES = {
    "stream": "stream",
    "category": "category",
    "type": "event_type",
    "correlation": "correlation_id",
    "causation": "causation_id",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_POSITION = re.compile(r"#[0-9]{1,19}")
_PLACE = re.compile(r"([^\s@]+)@([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class EventSearch:
    """
    The terms of a search, separated by spaces; all of them must hold.

    `order-123` is a stream, `order-123@7` one event of it, `order-*` a category,
    `#12345` a position, a UUID the id of an event or of its correlation. `type:`, `correlation:`,
    `causation:`, `stream:` and `category:` say what follows them.
    """

    stream: str | None = None
    offset: int | None = None
    category: str | None = None
    position: int | None = None
    event_type: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    any_id: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a search; of two terms for one thing the last one counts."""
        search = cls()
        for term in text.split():
            search = replace(search, **_read(term))
        return search


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID in its usual form."""
    return _UUID.fullmatch(text) is not None


def _read(term: str) -> dict[str, Any]:
    prefix, _, value = term.partition(":")
    if value and prefix in PREFIXES:
        return {PREFIXES[prefix]: value}
    if _POSITION.fullmatch(term):
        return {"position": int(term[1:])}
    if place := _PLACE.fullmatch(term):
        return {"stream": place[1], "offset": int(place[2])}
    if is_uuid(term):
        return {"any_id": term.lower()}
    if term.endswith("-*"):
        return {"category": term[:-2]}
    return {"stream": term}
