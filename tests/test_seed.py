"""
The getting-started guide that the project re-creates, line by line, as tests.

Its classes are in seed.py; `async_to_sync` stands for its host.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.test import SimpleTestCase, override_settings

from eventstreaming import (
    acknowledge,
    append,
    aqueue_info,
    aread_stream,
    dequeue,
    enqueue,
    event_store,
    queue_info,
    read_stream,
)
from eventstreaming.backends import memory
from eventstreaming.events import codec, envelopes
from eventstreaming.events.registry import EventTypes
from tests.seed import (
    BackgroundService,
    EmailVerifiedEvent,
    EmailWorker,
    EventConsumer,
    OrderItem,
    OrderNotificationWorker,
    OrderService,
    UserService,
)

# Configuration


IN_MEMORY = {
    "default": {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"},
}
POSTGRESQL = {
    "default": {"BACKEND": "eventstreaming.backends.postgresql.PostgreSQLEventStore"},
}


@pytest.fixture(autouse=True)
def own_event_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the names stand for the guide's classes: the demo shop has such, too."""
    registry = EventTypes()
    monkeypatch.setattr(codec, "event_types", registry)
    monkeypatch.setattr(envelopes, "event_types", registry)


@pytest.fixture(params=[IN_MEMORY, POSTGRESQL], ids=["in-memory", "postgresql"])
def store(request: pytest.FixtureRequest, settings: Any, db: None) -> Iterator[None]:
    """Configure an empty store."""
    settings.EVENT_STORES = request.param
    yield
    memory.reset()


async def run_until_empty(worker: BackgroundService, queue: str) -> None:
    """Run a worker as its host would, until the queue is empty; then stop it."""
    running = asyncio.create_task(worker.execute())
    async with asyncio.timeout(30):
        while (await aqueue_info(queue)).depth:
            await worker.delay(timedelta(seconds=0.01))
        worker.stopping.set()
        await running


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine as a test."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async_to_sync(test)(*args, **kwargs)

    return run


# Publishing Events


@asynchronous
async def test_append_to_persistent_stream(store: None) -> None:
    user_id = await UserService().register_user("ann@example.com", "Ann")
    (stored,) = [event async for event in aread_stream("users", 0)]
    assert (stored.stream_name, stored.offset) == ("users", 0)
    assert stored.event_type == "UserRegisteredEvent"
    assert stored.data["email"] == "ann@example.com"
    assert stored.payload.user_id == user_id


def test_publish_multiple_events_atomically(store: None) -> None:
    user_id = async_to_sync(UserService().register_and_verify_user)(
        "ann@example.com", "Ann"
    )
    registered, verified = read_stream("users")
    assert [registered.offset, verified.offset] == [0, 1]
    assert verified.payload == EmailVerifiedEvent(
        user_id=user_id,
        email="ann@example.com",
        verified_at=registered.payload.registered_at,
    )
    with pytest.raises(TypeError, match="no event"):
        append("users", [registered.payload, 42])
    assert len(list(read_stream("users"))) == 2


@asynchronous
async def test_enqueue_to_ephemeral_stream(store: None) -> None:
    await UserService().send_welcome_email(1, "ann@example.com")
    assert (await aqueue_info("email-queue")).ready == 1


# Consuming Events


@asynchronous
async def test_read_from_persistent_stream(store: None) -> None:
    service = UserService()
    first = await service.register_user("ann@example.com", "Ann")
    await service.register_and_verify_user("bob@example.com", "Bob")
    consumer = EventConsumer()
    await consumer.process_user_events()
    assert consumer.lines == [
        "Event 0: UserRegisteredEvent",
        f"User {first} registered: ann@example.com",
        "Event 1: UserRegisteredEvent",
        f"User {first + 1} registered: bob@example.com",
        "Event 2: EmailVerifiedEvent",
        "Email verified: bob@example.com",
    ]


@asynchronous
async def test_read_from_specific_offset(store: None) -> None:
    service = UserService()
    for number in range(3):
        await service.register_and_verify_user(f"{number}@example.com", f"{number}")
    consumer = EventConsumer()
    await consumer.resume(last_processed_offset=4)
    assert consumer.lines == ["Email verified: 2@example.com"]
    assert consumer.last_processed_offset == 5
    await consumer.resume(consumer.last_processed_offset)
    assert len(consumer.lines) == 1


@asynchronous
async def test_dequeue_from_ephemeral_stream(store: None) -> None:
    service = UserService()
    await service.send_welcome_email(1, "ann@example.com")
    await service.send_welcome_email(2, "bob@example.com")
    worker = EmailWorker()
    await run_until_empty(worker, "email-queue")
    assert [command.to for command in worker.sent] == [
        "ann@example.com",
        "bob@example.com",
    ]


def test_an_error_leaves_the_message_for_another_delivery(store: None) -> None:
    enqueue("email-queue", {"to": "ann@example.com"})
    first = dequeue("email-queue", timedelta(seconds=0.2))
    assert first is not None
    assert dequeue("email-queue") is None
    time.sleep(0.3)
    again = dequeue("email-queue")
    assert again is not None
    assert (again.message_id, again.deliveries) == (first.message_id, 2)
    assert acknowledge("email-queue", again.message_id)
    assert not acknowledge("email-queue", again.message_id)


# Complete Example


@asynchronous
async def test_complete_example(store: None) -> None:
    service = OrderService()
    order_ids = [
        await service.place_order(
            name, [OrderItem(product_id=1, quantity=2, price=Decimal("10.00"))]
        )
        for name in ("John Doe", "Jane Doe")
    ]
    worker = OrderNotificationWorker()
    await run_until_empty(worker, "order-notifications")
    assert worker.notifications == [
        {"order_id": order_ids[0], "customer_name": "John Doe", "type": "OrderPlaced"},
        {"order_id": order_ids[1], "customer_name": "Jane Doe", "type": "OrderPlaced"},
    ]
    placed = [event.payload async for event in aread_stream("orders", 0)]
    assert [order.total_amount for order in placed] == [Decimal("20.00")] * 2
    assert [order.items[0].price for order in placed] == [Decimal("10.00")] * 2


def test_order_and_notification_are_one_transaction(store: None) -> None:
    place_order = async_to_sync(OrderService().place_order)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        place_order("John Doe", [])
        raise ZeroDivisionError
    kept = 0 if event_store.supports_transactions else 1
    assert len(list(read_stream("orders"))) == kept
    assert queue_info("order-notifications").depth == kept


# Testing


@override_settings(EVENT_STORES=IN_MEMORY)
class OrderServiceTests(SimpleTestCase):
    def setUp(self) -> None:
        memory.reset()
        self.addCleanup(memory.reset)

    async def test_place_order_publishes_event(self) -> None:
        # Arrange
        service = OrderService()

        # Act
        await service.place_order(
            "John Doe", [OrderItem(product_id=1, quantity=2, price=Decimal("10.00"))]
        )

        # Assert
        events = [event async for event in aread_stream("orders", 0)]

        assert len(events) == 1
        assert events[0].event_type == "OrderPlacedEvent"
