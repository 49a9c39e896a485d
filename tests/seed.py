"""
The classes of the getting-started guide that the project re-creates, line by line.

They keep their names in the spelling of Python. Where the guide is asynchronous, so is
this. test_seed.py runs them.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from eventstreaming import (
    aacknowledge,
    aappend,
    adequeue,
    aenqueue,
    aread_stream,
)

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
