"""
The settings of persistent streams: what there is, and which one counts.

Settings are stored for a stream, for a pattern (`order-*`) or for all (`*`).
Of those that match a stream, the closest one that says something decides: its
own name, then the longest pattern, `*` last. Each setting is looked up by itself,
but `max_age`, `max_count`, `max_bytes` and `keep_forever` are one: where a
closer one has any of them, what wider ones say about all four does not count. So
no stream is cut by a bound that nobody meant for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eventstreaming.events import arguments
from eventstreaming.events.patterns import matching
from eventstreaming.events.unset import UNSET
from eventstreaming.exceptions import InvalidType, InvalidValue

BOUNDS = ("max_age", "max_count", "max_bytes", "keep_forever")
MAX_AGE = 1_000 * 366 * 86_400.0  # seconds
MAX_TAGS = 100
MAX_DESCRIPTION = 10_000  # characters

Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """
    The settings in force for one stream.

    None of `max_age` (seconds), `max_count` (events) and `max_bytes` means no
    bound. `until_consumed` holds back what a subscription has not read.
    """

    concurrent: bool = False
    max_age: float | None = None
    max_count: int | None = None
    max_bytes: int | None = None
    until_consumed: bool = False
    description: str = ""
    tags: tuple[str, ...] = ()

    @property
    def is_bounded(self) -> bool:
        """Say whether retention ever removes events of such a stream."""
        return (self.max_age, self.max_count, self.max_bytes) != (None, None, None)


def checked_stream_settings(**given: object) -> dict[str, Any]:
    """
    Check the settings that were given; UNSET is left out, None says nothing.

    Raise InvalidValue or InvalidType naming the setting.
    """
    return {
        name: checked_stream_setting(name, value)
        for name, value in given.items()
        if value is not UNSET
    }


def checked_stream_setting(name: str, value: object) -> Any:
    """Check one setting and return it as stores keep it."""
    if value is None:
        return _NOTHING.get(name)
    return _CHECKS[name](value, name)


def refuse_bounded_forever(settings: Stored) -> None:
    """Raise for settings that keep everything, and have a bound."""
    bounds = [name for name in BOUNDS[:3] if settings.get(name) is not None]
    if settings.get("keep_forever") and bounds:
        raise InvalidValue(
            "keep_forever", f"cannot be set together with {' and '.join(bounds)}"
        )


def stream_settings_in_force(name: str, stored: Mapping[str, Stored]) -> StreamSettings:
    """Return what counts for a stream, given settings by name or pattern."""
    found = [stored[place] for place in matching(name) if place in stored]
    chosen: dict[str, Any] = {}
    for settings in reversed(found):  # the closest one comes last and stays
        said = {key: v for key, v in settings.items() if v not in (None, "", [])}
        if not said.get("keep_forever"):
            said.pop("keep_forever", None)
        if any(key in said for key in BOUNDS):
            for key in BOUNDS:
                chosen.pop(key, None)
        chosen |= said
    chosen.pop("keep_forever", None)
    chosen["tags"] = tuple(chosen.get("tags", ()))
    return StreamSettings(**chosen)


def _age(value: Any, name: str) -> float:
    return arguments.seconds(value, name, MAX_AGE, minimum=1.0)


def _count(value: object, name: str) -> int:
    return arguments.integer(value, name, 1)


def _description(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidType(name, f"must be a str, not {type(value).__name__}")
    if len(value) > MAX_DESCRIPTION:
        raise InvalidValue(
            name,
            f"must have at most {MAX_DESCRIPTION} characters, not {len(value)}",
            limit=MAX_DESCRIPTION,
        )
    return arguments.plain(arguments.storable(value, name))


def _tags(value: object, name: str) -> list[str]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidType(
            name, f"must be a collection of texts, not {type(value).__name__}"
        )
    tags: list[str] = []
    for tag in value:
        if len(tags) == MAX_TAGS:
            raise InvalidValue(name, f"must be at most {MAX_TAGS}", limit=MAX_TAGS)
        if (checked := arguments.text(tag, name)) is None:
            raise InvalidType(name, "must be texts, not NoneType")
        tags.append(checked)
    return list(dict.fromkeys(tags))


_NOTHING: dict[str, Any] = {"description": "", "tags": [], "keep_forever": False}
_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "concurrent": arguments.flag,
    "max_age": _age,
    "max_count": _count,
    "max_bytes": _count,
    "keep_forever": arguments.flag,
    "until_consumed": arguments.flag,
    "description": _description,
    "tags": _tags,
}
