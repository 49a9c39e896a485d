"""Type names, the classes they stand for, and the way from old versions."""

from dataclasses import dataclass
from typing import Any

import pytest

from eventstreaming.events.codec import decode
from eventstreaming.events.registry import EventTypes, event, event_types, upcaster
from eventstreaming.exceptions import (
    EventTypeConflict,
    InvalidArgument,
    InvalidPayload,
    InvalidValue,
)


class First:
    pass


class Second:
    pass


@pytest.fixture
def types() -> EventTypes:
    return EventTypes()


def class_at(place: str) -> type:
    """Return a class as a reloaded module would define it."""
    return type(place, (), {"__module__": "shop.events", "__qualname__": place})


def test_class_name_is_the_type_name(types: EventTypes) -> None:
    types.register(First)
    assert types.name_of(First) == ("First", 1)
    assert types.class_of("First") is First
    assert types.version_of("First") == 1


def test_name_and_version_may_be_given(types: EventTypes) -> None:
    types.register(First, "shop.OrderPlaced", 3)
    assert types.name_of(First) == ("shop.OrderPlaced", 3)
    assert types.class_of("First") is None
    assert types.version_of("shop.OrderPlaced") == 3


def test_unknown_name_has_no_class_and_version_1(types: EventTypes) -> None:
    assert types.class_of("Nobody") is None
    assert types.version_of("Nobody") == 1


def test_class_is_registered_by_its_first_use(types: EventTypes) -> None:
    assert types.name_of(Second) == ("Second", 1)
    assert types.class_of("Second") is Second


def test_two_classes_under_one_name_conflict(types: EventTypes) -> None:
    types.register(First, "OrderPlaced")
    with pytest.raises(EventTypeConflict, match=r"First already.*Second"):
        types.register(Second, "OrderPlaced")
    assert types.class_of("OrderPlaced") is First


def test_two_names_for_one_class_conflict(types: EventTypes) -> None:
    types.register(First, "OrderPlaced")
    with pytest.raises(EventTypeConflict, match="'OrderPlaced' version 1 already"):
        types.register(First, "OrderAccepted")
    with pytest.raises(EventTypeConflict):
        types.register(First, "OrderPlaced", 2)


def test_registering_twice_alike_is_no_conflict(types: EventTypes) -> None:
    types.register(First, "OrderPlaced", 2)
    types.register(First, "OrderPlaced", 2)
    assert types.name_of(First) == ("OrderPlaced", 2)


def test_reloaded_class_replaces_the_old_one(types: EventTypes) -> None:
    old, new = class_at("OrderPlaced"), class_at("OrderPlaced")
    types.register(old)
    types.register(new)
    assert types.class_of("OrderPlaced") is new


@pytest.mark.parametrize("name", ["two words", "$x", "x" * 256])
def test_bad_names_are_refused(types: EventTypes, name: str) -> None:
    with pytest.raises(InvalidValue):
        types.register(First, name)


@pytest.mark.parametrize("version", [0, -1, 32_768])
def test_bad_versions_are_refused(types: EventTypes, version: int) -> None:
    with pytest.raises(InvalidValue):
        types.register(First, "OrderPlaced", version)
    with pytest.raises(InvalidValue):
        types.add_upcaster("OrderPlaced", version, dict)


def test_second_upcaster_for_a_hop_conflicts(types: EventTypes) -> None:
    types.add_upcaster("OrderPlaced", 1, class_at("from_1"))
    types.add_upcaster("OrderPlaced", 1, class_at("from_1"))
    with pytest.raises(EventTypeConflict, match="from version 1 already"):
        types.add_upcaster("OrderPlaced", 1, class_at("another"))


@pytest.fixture
def global_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test the registry of the process, and put it back."""
    for attribute in ("_classes", "_names", "_upcasters"):
        kept = dict(getattr(event_types, attribute))
        monkeypatch.setattr(event_types, attribute, kept)


@pytest.mark.usefixtures("global_types")
class TestDecorators:
    def test_event_returns_the_class_unchanged(self) -> None:
        @dataclass(frozen=True)
        class Plain:
            number: int

        before = dict(vars(Plain))
        assert event(Plain) is Plain
        assert event(name="Plain", version=1)(Plain) is Plain
        assert dict(vars(Plain)) == before

    def test_event_without_arguments_takes_the_class_name(self) -> None:
        @event
        class Bare:
            pass

        assert event_types.name_of(Bare) == ("Bare", 1)

    def test_upcasters_are_chained(self) -> None:
        @event(name="registry.Moved", version=4)
        @dataclass
        class Moved:
            to: str
            by: str
            why: str
            fast: bool

        @upcaster("registry.Moved", from_version=1)
        def add_by(data: dict[str, Any]) -> dict[str, Any]:
            return data | {"by": "nobody"}

        @upcaster("registry.Moved", from_version=2)
        def rename_target(data: dict[str, Any]) -> dict[str, Any]:
            data["to"] = data.pop("target")
            return data

        @upcaster("registry.Moved", from_version=3)
        def add_rest(data: dict[str, Any]) -> dict[str, Any]:
            return {**data, "why": "", "fast": False}

        stored = {"target": "B"}
        moved = Moved("B", "nobody", "", False)
        assert decode("registry.Moved", 1, stored, "test") == moved
        assert stored == {"target": "B"}
        newer = {"target": "B", "by": "ann"}
        assert decode("registry.Moved", 2, newer, "test").by == "ann"
        newest = {"to": "B", "by": "ann", "why": "", "fast": True}
        assert decode("registry.Moved", 4, newest, "test").fast is True

    def test_missing_hop_is_named(self) -> None:
        event(name="registry.Gap", version=3)(First)
        upcaster("registry.Gap", from_version=2)(dict)
        with pytest.raises(InvalidPayload, match="no upcaster from version 1"):
            decode("registry.Gap", 1, {}, "test")

    def test_failing_upcaster_is_named(self) -> None:
        event(name="registry.Fails", version=2)(Second)

        @upcaster("registry.Fails", from_version=1)
        def fail(data: dict[str, Any]) -> dict[str, Any]:
            return {"number": data["missing"]}

        with pytest.raises(InvalidPayload, match="from version 1 raised KeyError"):
            decode("registry.Fails", 1, {}, "test")

    def test_version_from_the_future_is_refused(self) -> None:
        event(name="registry.Old")(class_at("Old"))
        with pytest.raises(InvalidPayload, match="it has version 2"):
            decode("registry.Old", 2, {}, "test")


class TestAliases:
    def test_old_name_stands_for_the_class_too(self) -> None:
        cls = class_at("Renamed")
        event(name="registry.Renamed", aliases=["registry.Before"])(cls)
        assert event_types.class_of("registry.Before") is cls
        assert event_types.name_of(cls) == ("registry.Renamed", 1)
        assert event_types.version_of("registry.Before") == 1
        assert event_types.stored_names(["registry.Renamed", "registry.X"]) == [
            "registry.Renamed",
            "registry.X",
            "registry.Before",
        ]
        assert event_types.stored_names(["registry.Before"]) == ["registry.Before"]

    def test_alias_of_another_type_is_refused(self) -> None:
        event(name="registry.Owner")(class_at("Owner"))
        with pytest.raises(EventTypeConflict, match=r"'registry.Owner' stands for"):
            event(name="registry.Thief", aliases=["registry.Owner"])(class_at("Thief"))
        assert event_types.class_of("registry.Thief") is None

    def test_name_that_is_an_alias_is_refused(self) -> None:
        event(name="registry.New", aliases=["registry.Was"])(class_at("New"))
        with pytest.raises(EventTypeConflict, match=r"'registry.Was' stands for"):
            event(name="registry.Was")(class_at("Was"))

    @pytest.mark.parametrize("aliases", ["Old", b"Bytes", 5, ["no name"], [5]])
    def test_bad_aliases_are_refused(self, aliases: Any) -> None:
        with pytest.raises(InvalidArgument, match="aliases"):
            event(name="registry.Bad", aliases=aliases)
