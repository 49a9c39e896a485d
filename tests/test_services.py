"""The public functions mirror the store, each with an async twin."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings

import eventstreaming
from eventstreaming import services
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.memory import reset
from eventstreaming.exceptions import InvalidEventStore
from eventstreaming.types import EventData

NAMES = sorted(services.__all__)
TWINS = [name for name in NAMES if name.startswith("a") and name[1:] in NAMES]
FUNCTIONS = [name for name in NAMES if name not in TWINS]
NOTED = EventData("Noted", {"n": 1})
MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


@pytest.fixture(autouse=True)
def memory_stores() -> Iterator[None]:
    stores = {"default": MEMORY, "archive": MEMORY}
    with override_settings(EVENT_STORES=stores):
        reset()
        yield
        reset()


def parameters(function: Callable[..., Any], without: str) -> list[tuple[Any, ...]]:
    return [
        (parameter.name, parameter.kind, parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != without
    ]


@pytest.mark.parametrize("name", NAMES)
def test_function_takes_what_the_method_takes_and_a_store(name: str) -> None:
    function = getattr(services, name)
    method = getattr(BaseEventStore, name)
    assert parameters(function, "store") == parameters(method, "self")
    store = inspect.signature(function).parameters["store"]
    assert store.kind is inspect.Parameter.KEYWORD_ONLY
    assert store.default == "default"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_an_async_twin(name: str) -> None:
    assert f"a{name}" in TWINS
    twin = getattr(services, f"a{name}")
    assert twin.__name__ == f"a{name}"
    assert twin.__doc__.startswith(f"See {name}().")
    assert getattr(services, name).__doc__


@pytest.mark.parametrize("name", NAMES)
def test_function_is_public_in_the_package(name: str) -> None:
    assert getattr(eventstreaming, name) is getattr(services, name)
    assert name in eventstreaming.__all__


def test_store_is_the_default_one_unless_it_is_named() -> None:
    services.append("orders", NOTED)
    services.append("orders", [NOTED, NOTED], store="archive")
    assert services.stream_info("orders").length == 1
    assert services.stream_info("orders", store="archive").length == 2
    assert len(list(services.read_all(store="archive"))) == 2
    assert len(list(services.read_category("orders"))) == 1
    assert [e.offset for e in services.read_stream("orders", store="archive")] == [0, 1]


def test_unknown_store_is_refused_by_name() -> None:
    with pytest.raises(InvalidEventStore, match="nowhere"):
        services.append("orders", NOTED, store="nowhere")


def test_arguments_reach_the_store() -> None:
    (event,) = services.append(
        "orders",
        NOTED,
        expected_version=-1,
        key="k",
        metadata={"m": 1},
        correlation_id="story",
        causation_id="click",
    )
    assert (event.key, event.metadata) == ("k", {"m": 1})
    assert (event.correlation_id, event.causation_id) == ("story", "click")
    services.append("orders", [NOTED] * 4)
    read = services.read_stream(
        "orders", 3, to_offset=1, limit=2, backwards=True, event_types=["Noted"]
    )
    assert [event.offset for event in read] == [3, 2]
    assert services.create_stream("orders") is False


def test_message_goes_through_its_life() -> None:
    number = services.enqueue(
        "mail", {"n": 1}, priority=1, headers={"h": 1}, correlation_id="story"
    )
    services.enqueue_many("mail", [{"n": 2}, {"n": 3}], headers={"h": 2})
    message = services.dequeue("mail", 60, wait=1)
    assert message is not None
    assert (message.message_id, message.headers) == (number, {"h": 1})
    until = services.extend_visibility("mail", number, 90, receipt=message.receipt)
    assert until > message.visible_until
    assert services.nack("mail", number, receipt=message.receipt, delay=0) is True
    (again,) = services.dequeue_many("mail", 1, 60)
    assert (
        services.nack(
            "mail", number, receipt=again.receipt, error="no", dead_letter=True
        )
        is False
    )
    assert services.dead_letters("mail", reason="rejected")[0].error == "no"
    assert services.redrive("mail", [number], limit=1) == 1
    popped = services.pop("mail")
    assert popped is not None
    assert popped.message_id == number
    (leased,) = services.dequeue_many("mail", 1)
    assert services.acknowledge_many("mail", [leased, again]) == [again]
    assert services.acknowledge("mail", number) is False
    assert services.queue_info("mail", exact=True).ready == 1
    assert services.purge("mail") == 1


async def call_twins() -> None:
    await services.aappend("orders", NOTED, store="archive")
    reader = services.aread_stream("orders", store="archive")
    assert [event.offset async for event in reader] == [0]
    await services.aenqueue("mail", {"n": 1}, store="archive")
    message = await services.adequeue("mail", store="archive")
    assert message is not None
    await message.aacknowledge()
    assert (await services.aqueue_info("mail", store="archive")).depth == 0


def test_twins_do_the_same() -> None:
    async_to_sync(call_twins)()
