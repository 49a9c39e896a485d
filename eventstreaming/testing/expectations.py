"""What a test expects to be in a store: one description, compared with each item."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from eventstreaming.events import arguments
from eventstreaming.events.envelopes import new_events, new_message
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import JSON

SHOWN = 20  # items of a failure's list
WIDTH = 200  # characters of each


@dataclass(frozen=True, slots=True)
class Expectation:
    """
    A type, and data of which every entry must be there; `exact`, no others.

    `also` are attributes, each with the value, or the entries, that it must have.
    """

    type_name: str | None
    data: JSON
    exact: bool
    also: dict[str, Any]

    @classmethod
    def of(
        cls,
        kind: str,
        given: object | None,
        type_given: type[Any] | str | None,
        data: Mapping[str, JSON] | None,
        **also: Any,
    ) -> Self:
        """
        Check what was given: a whole event or message, or a type and parts of data.

        Raise InvalidValue or InvalidType.
        """
        extra = {name: value for name, value in also.items() if value is not None}
        if given is None:
            return cls(_type_name(type_given, f"{kind}_type"), data, False, extra)
        if type_given is not None or data is not None:
            raise InvalidValue(kind, "leaves nothing to say by type and data")
        if kind == "message":
            message = new_message(given)
            return cls(message.message_type, message.data, True, extra)
        (event,) = new_events("a", [given])
        return cls(event.event_type, event.data, True, extra)

    def fits(self, item: Any) -> bool:
        """Say whether an event or a message is as expected."""
        found = getattr(item, "message_type", None)
        found = item.event_type if found is None else found
        if self.type_name is not None and found != self.type_name:
            return False
        if self.data is not None:
            same = item.data == self.data if self.exact else _has(item.data, self.data)
            if not same:
                return False
        return all(
            _has(getattr(item, name), value) for name, value in self.also.items()
        )

    def __str__(self) -> str:
        parts = []
        if self.type_name is not None:
            parts.append(f"type {self.type_name!r}" if self.type_name else "plain data")
        if self.data is not None:
            parts.append(f"data {'=' if self.exact else 'with'} {self.data!r}")
        parts += [f"{name} {value!r}" for name, value in self.also.items()]
        return ", ".join(parts) or "anything"


def check_count(found: list[Any], count: int | None, said: str, listing: str) -> None:
    """Raise AssertionError unless there are so many; None: at least one."""
    if count is None and found:
        return
    if count is not None:
        arguments.integer(count, "count")
        if len(found) == count:
            return
    wanted = "at least 1" if count is None else str(count)
    raise AssertionError(f"expected {wanted} {said}, found {len(found)}; {listing}")


def listing(items: list[Any], place: str, line: str) -> str:
    """Return what is there, an item a line."""
    if not items:
        return f"{place} has none"
    lines = [
        f"  {_shortened(line.format(item=item))} {_shortened(repr(item.data))}"
        for item in items[:SHOWN]
    ]
    if len(items) > SHOWN:
        lines.append(f"  … and {len(items) - SHOWN:,} more")
    return "\n".join([f"{place} has {len(items):,}:", *lines])


def _type_name(given: object, field: str) -> str | None:
    if given is None or isinstance(given, str):
        return given
    if not isinstance(given, type):
        raise InvalidType(field, "must be a class or the name of a type")
    return event_types.name_of(given)[0]


def _has(found: Any, wanted: Any) -> bool:
    """Say whether a value is as wanted; of a mapping, whether all entries are."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and _has(found[name], value) for name, value in wanted.items()
        )
    return bool(found == wanted)


def _shortened(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"
