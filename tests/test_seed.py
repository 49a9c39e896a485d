"""
The getting-started guide that the project re-creates, line by line, as tests.

Its classes and functions keep their names in the spelling of Python. Where the
guide is asynchronous, so is this; `async_to_sync` stands for its host.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import wraps
from itertools import count
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.test import SimpleTestCase, override_settings

from eventstreaming import (
    aacknowledge,
    aappend,
    acknowledge,
    adequeue,
    aenqueue,
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

logger = logging.getLogger("tests.seed")

generate_user_id = count(1).__next__
generate_order_id = count(1).__next__


# Define Events


@dataclass(frozen=True, kw_only=True)
class UserRegisteredEvent:
    user_id: int
    email: str = ""
    name: str = ""
    registered_at: datetime


@dataclass(frozen=True, kw_only=True)
class EmailVerifiedEvent:
    user_id: int
    email: str = ""
    verified_at: datetime


@dataclass(frozen=True, kw_only=True)
class SendEmailCommand:
    to: str
    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class OrderItem:
    product_id: int
    quantity: int
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderPlacedEvent:
    order_id: int
    customer_name: str = ""
    total_amount: Decimal
    items: list[OrderItem] = field(default_factory=list)


# Publishing Events


class UserService:
    async def register_user(self, email: str, name: str) -> int:
        user_id = generate_user_id()

        event = UserRegisteredEvent(
            user_id=user_id, email=email, name=name, registered_at=datetime.now(UTC)
        )

        # Append to persistent stream
        await aappend(stream_name="users", events=[event])

        logger.info("User registered: %s", user_id)
        return user_id

    async def register_and_verify_user(self, email: str, name: str) -> int:
        user_id = generate_user_id()
        now = datetime.now(UTC)

        # Publish multiple events atomically
        await aappend(
            "users",
            [
                UserRegisteredEvent(
                    user_id=user_id, email=email, name=name, registered_at=now
                ),
                EmailVerifiedEvent(user_id=user_id, email=email, verified_at=now),
            ],
        )
        return user_id

    async def send_welcome_email(self, user_id: int, email: str) -> None:
        command = SendEmailCommand(
            to=email, subject="Welcome!", body="Thanks for registering."
        )

        # Enqueue to ephemeral stream (message queue)
        await aenqueue(stream_name="email-queue", message=command)


# Consuming Events


class EventConsumer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.last_processed_offset = -1

    async def process_user_events(self) -> None:
        # Read all events from beginning
        async for stored_event in aread_stream(stream_name="users", from_offset=0):
            self.lines.append(f"Event {stored_event.offset}: {stored_event.event_type}")

            # Deserialize event
            event_data = stored_event.payload

            # Process event
            await self.process_event(event_data)

    async def resume(self, last_processed_offset: int) -> None:
        # Resume from last processed offset
        async for event in aread_stream("users", from_offset=last_processed_offset + 1):
            await self.process_event(event.payload)
            last_processed_offset = event.offset

            # Save checkpoint
            await self.save_checkpoint(last_processed_offset)

    async def process_event(self, event_data: object) -> None:
        match event_data:
            case UserRegisteredEvent() as registered:
                self.lines.append(
                    f"User {registered.user_id} registered: {registered.email}"
                )
            case EmailVerifiedEvent() as verified:
                self.lines.append(f"Email verified: {verified.email}")

    async def save_checkpoint(self, offset: int) -> None:
        self.last_processed_offset = offset


class BackgroundService:
    """What the guide's framework brings: a loop with a token that stops it."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()

    async def execute(self) -> None:
        raise NotImplementedError

    async def delay(self, duration: timedelta) -> None:
        """Wait, unless stopping is requested first."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), duration.total_seconds())


class EmailWorker(BackgroundService):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[SendEmailCommand] = []

    async def execute(self) -> None:
        while not self.stopping.is_set():
            try:
                # Dequeue message with 5-minute visibility timeout
                message = await adequeue(
                    stream_name="email-queue", visibility_timeout=timedelta(minutes=5)
                )

                if message is None:
                    # No messages available, wait
                    await self.delay(timedelta(seconds=0.01))
                    continue

                # Process message
                command = message.payload
                await self.send_email(command)

                # Acknowledge successful processing
                await aacknowledge("email-queue", message.message_id)
            except Exception as error:
                # Error - message will be redelivered after visibility timeout
                logger.exception("Error processing message: %s", error)

    async def send_email(self, command: SendEmailCommand) -> None:
        if command.to == "broken@example.com":
            raise ConnectionError("no route to the mail server")
        self.sent.append(command)


# Complete Example


class OrderService:
    async def place_order(self, customer_name: str, items: list[OrderItem]) -> int:
        order_id = generate_order_id()

        event = OrderPlacedEvent(
            order_id=order_id,
            customer_name=customer_name,
            total_amount=sum((item.price * item.quantity for item in items), Decimal()),
            items=items,
        )

        # Append to persistent stream
        await aappend("orders", [event])

        # Enqueue notification
        await aenqueue(
            "order-notifications",
            {
                "order_id": order_id,
                "customer_name": customer_name,
                "type": "OrderPlaced",
            },
        )

        return order_id


class OrderNotificationWorker(BackgroundService):
    def __init__(self) -> None:
        super().__init__()
        self.notifications: list[Any] = []

    async def execute(self) -> None:
        logger.info("Order notification worker started")

        while not self.stopping.is_set():
            try:
                message = await adequeue("order-notifications", timedelta(minutes=5))

                if message is None:
                    await self.delay(timedelta(milliseconds=10))
                    continue

                # Process notification
                notification = message.data
                logger.info(
                    "Sending notification for order %s", notification["order_id"]
                )

                await self.send_notification(notification)
                await aacknowledge("order-notifications", message.message_id)
            except asyncio.CancelledError:
                # Shutdown requested
                break
            except Exception:
                logger.exception("Error processing notification")
                await self.delay(timedelta(seconds=5))

        logger.info("Order notification worker stopped")

    async def send_notification(self, notification: Any) -> None:
        # Send email, SMS, push notification, etc.
        self.notifications.append(notification)


# Configuration


IN_MEMORY = {
    "default": {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"},
}
POSTGRESQL = {
    "default": {"BACKEND": "eventstreaming.backends.postgresql.PostgreSQLEventStore"},
}


@pytest.fixture(autouse=True)
def own_event_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the names stand for the classes above: the demo shop has such, too."""
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
