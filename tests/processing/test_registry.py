from collections.abc import Iterator

import pytest

from eventstreaming import queue_handler, subscription
from eventstreaming.exceptions import (
    HandlerConflict,
    InvalidArgument,
    InvalidType,
    InvalidValue,
)
from eventstreaming.processing.registry import handlers
from eventstreaming.processing.sources import Source, SourceKind


@pytest.fixture(autouse=True)
def _registry_of_its_own() -> Iterator[None]:
    queues, subscriptions = dict(handlers.queues), dict(handlers.subscriptions)
    yield
    handlers.queues, handlers.subscriptions = queues, subscriptions


def one(value: object) -> None: ...


def two(value: object) -> None: ...


def test_decorators_return_the_function_and_record_it() -> None:
    assert queue_handler("q", max_attempts=3)(one) is one
    assert subscription("orders", name="s")(two) is two
    assert handlers.queues["q"].retry.max_attempts == 3
    assert handlers.subscriptions["s"].function is two
    assert {"q", "s"} <= set(handlers.names())


def test_queue_has_one_handler() -> None:
    queue_handler("q")(one)
    queue_handler("q")(one)
    with pytest.raises(HandlerConflict, match=r"queue 'q'.*one already.*two"):
        queue_handler("q")(two)


def test_subscription_name_stands_for_one_function() -> None:
    subscription("a", name="s")(one)
    with pytest.raises(HandlerConflict, match="subscription 's'"):
        subscription("b", name="s")(two)


@pytest.mark.parametrize("function", [None, "name", int, object()])
def test_only_functions_handle(function: object) -> None:
    with pytest.raises(InvalidType, match="function"):
        queue_handler("q")(function)  # type: ignore[type-var]


@pytest.mark.parametrize(
    "options",
    [
        {"on_failure": "explode"},
        {"batch_size": 0},
        {"batch_size": True},
        {"event_types": "OrderPlaced"},
        {"event_types": []},
        {"name": "two words"},
    ],
)
def test_wrong_options_of_a_subscription_are_refused(
    options: dict[str, object],
) -> None:
    with pytest.raises(InvalidArgument):
        subscription("orders", **{"name": "s", **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("orders", SourceKind.STREAM, "orders"),
        ("order-123", SourceKind.STREAM, "order-123"),
        ("order-*", SourceKind.CATEGORY, "order"),
        ("*", SourceKind.ALL, ""),
    ],
)
def test_source_is_a_stream_a_category_or_all(
    text: str, kind: SourceKind, name: str
) -> None:
    assert Source.parse(text) == Source(kind, name)


@pytest.mark.parametrize("text", ["", "order*", "*-x", "or*der", "a-b-*", "-*", "a b"])
def test_other_sources_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        Source.parse(text)
