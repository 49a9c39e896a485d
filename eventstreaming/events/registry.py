"""
Type names and the classes they stand for.

Only this registry resolves a stored type name; nothing is ever imported
because of one.
"""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from eventstreaming.events import arguments
from eventstreaming.exceptions import EventTypeConflict, InvalidType
from eventstreaming.types import JSON

T = TypeVar("T", bound=type)
Upcaster = Callable[[dict[str, JSON]], dict[str, JSON]]
F = TypeVar("F", bound=Upcaster)


class EventTypes:
    """A registry: names to classes, classes to names, hops to upcasters."""

    def __init__(self) -> None:
        self._classes: dict[str, type] = {}
        self._names: dict[type, tuple[str, int]] = {}
        self._upcasters: dict[tuple[str, int], Upcaster] = {}

    def register(self, cls: type, name: str | None = None, version: int = 1) -> None:
        """
        Let `name` (default: the class name) stand for `cls`.

        Raise EventTypeConflict when the name stands for another class. A class
        that was defined anew at the same place (a reloaded module) replaces
        the old one.
        """
        name = arguments.type_name(name or cls.__name__)
        version = arguments.integer(version, "version", 1, 32_767)
        _refuse_private_fields(cls)
        known = self._classes.get(name)
        if known is not None and known is not cls and _place(known) != _place(cls):
            raise EventTypeConflict(
                f"event type {name!r} stands for {_place(known)} already, "
                f"it cannot stand for {_place(cls)}; give one an @event(name=…)"
            )
        other = self._names.get(cls)
        if other is not None and other != (name, version):
            raise EventTypeConflict(
                f"{_place(cls)} is event type {other[0]!r} version {other[1]} already"
            )
        self._classes[name] = cls
        self._names[cls] = (name, version)

    def name_of(self, cls: type) -> tuple[str, int]:
        """Return a class's name and version, registering it if it is new."""
        found = self._names.get(cls)
        if found is None:
            self.register(cls)
            found = self._names[cls]
        return found

    def class_of(self, name: str) -> type | None:
        """Return the class that a name stands for."""
        return self._classes.get(name)

    def version_of(self, name: str) -> int:
        """Return the newest version of a type; 1 when it is not registered."""
        cls = self._classes.get(name)
        return 1 if cls is None else self._names[cls][1]

    def add_upcaster(self, name: str, from_version: int, function: Upcaster) -> None:
        """Let `function` turn data of `from_version` into that of the next."""
        name = arguments.type_name(name)
        hop = (name, arguments.integer(from_version, "from_version", 1, 32_766))
        known = self._upcasters.get(hop)
        if known is not None and _place(known) != _place(function):
            raise EventTypeConflict(
                f"event type {name!r} has an upcaster from version {from_version} "
                f"already: {_place(known)}"
            )
        self._upcasters[hop] = function

    def upcaster_of(self, name: str, from_version: int) -> Upcaster | None:
        """Return the upcaster of one hop."""
        return self._upcasters.get((name, from_version))


event_types = EventTypes()


@overload
def event(cls: T, /) -> T: ...
@overload
def event(*, name: str | None = None, version: int = 1) -> Callable[[T], T]: ...
def event(
    cls: T | None = None, /, *, name: str | None = None, version: int = 1
) -> T | Callable[[T], T]:
    """
    Give a class a stable type name (default: its own) and a schema version.

    The class is returned unchanged. Raise EventTypeConflict when the name
    stands for another class.
    """

    def register(cls: T) -> T:
        event_types.register(cls, name, version)
        return cls

    return register if cls is None else register(cls)


def upcaster(name: str, *, from_version: int) -> Callable[[F], F]:
    """
    Register a function that turns data of one version into the next one's.

    It gets a dict of its own and returns a dict; hops are chained on reading.
    """

    def register(function: F) -> F:
        event_types.add_upcaster(name, from_version, function)
        return function

    return register


def _refuse_private_fields(cls: type) -> None:
    """Raise for fields that the codec would pass over without a word."""
    for attribute in ("__dataclass_fields__", "__attrs_attrs__"):
        for item in getattr(cls, attribute, ()):
            name = getattr(item, "name", item)
            if name.startswith("_"):
                raise InvalidType(
                    "type", f"{_place(cls)}.{name} is private and would not be stored"
                )


def _place(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
