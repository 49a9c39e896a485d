"""
Type names and the classes they stand for.

Only this registry resolves a stored type name; nothing is ever imported
because of one.
"""

from collections.abc import Callable, Iterable
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
        self._present_names: dict[str, str] = {}

    def register(
        self,
        cls: type,
        name: str | None = None,
        version: int = 1,
        aliases: Iterable[str] = (),
    ) -> None:
        """
        Let `name` (default: the class name) stand for `cls`.

        So do its `aliases`, under which older events are stored. Raise
        EventTypeConflict when one of them stands for another class. A class
        that was defined anew at the same place (a reloaded module) replaces
        the old one.
        """
        name = arguments.type_name(name or cls.__name__)
        version = arguments.integer(version, "version", 1, 32_767)
        _refuse_private_fields(cls)
        former = [alias for alias in _names(aliases) if alias != name]
        for one in (name, *former):
            known = self._classes.get(one)
            if known is not None and known is not cls and _place(known) != _place(cls):
                raise EventTypeConflict(
                    f"event type {one!r} stands for {_place(known)} already, "
                    f"it cannot stand for {_place(cls)}; give one an @event(name=…)"
                )
        other = self._names.get(cls)
        if other is not None and other != (name, version):
            raise EventTypeConflict(
                f"{_place(cls)} is event type {other[0]!r} version {other[1]} already"
            )
        for one in (name, *former):
            self._classes[one] = cls
            self._present_names[one] = name
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

    def names(self) -> list[str]:
        """Return the present names of all classes."""
        return sorted(set(self._present_names.values()))

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
        """Return the upcaster of one hop, under the name itself or its present one."""
        present = self._present_names.get(name, name)
        return self._upcasters.get((name, from_version)) or self._upcasters.get(
            (present, from_version)
        )

    def stored_names(self, names: Iterable[str]) -> list[str]:
        """Return the names under which events of these types may be stored."""
        asked = list(names)
        aliases = (
            alias for alias, present in self._present_names.items() if present in asked
        )
        return list(dict.fromkeys([*asked, *aliases]))


event_types = EventTypes()


@overload
def event(cls: T, /) -> T: ...
@overload
def event(
    *, name: str | None = None, version: int = 1, aliases: Iterable[str] = ()
) -> Callable[[T], T]: ...
def event(
    cls: T | None = None,
    /,
    *,
    name: str | None = None,
    version: int = 1,
    aliases: Iterable[str] = (),
) -> T | Callable[[T], T]:
    """
    Give a class a stable type name (default: its own) and a schema version.

    `aliases` are names that the type had before: events stored under them are
    read as this class, by the same versions, and whoever reads events of the
    type gets them, too. The class is returned unchanged. Raise EventTypeConflict
    when a name stands for another class.
    """
    former = _names(aliases)

    def register(cls: T) -> T:
        event_types.register(cls, name, version, former)
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


def _names(aliases: Iterable[str]) -> list[str]:
    if isinstance(aliases, str | bytes) or not isinstance(aliases, Iterable):
        raise InvalidType(
            "aliases", f"must be a collection of names, not {type(aliases).__name__}"
        )
    return [arguments.type_name(alias, "aliases") for alias in aliases]


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
