"""The handlers that the workers of a chaos run run."""

import time

from eventstreaming import (
    EventData,
    Message,
    StoredEvent,
    append,
    event_store,
    queue_handler,
    subscription,
)
from tests.chaos.models import Effect

LEASE = 1.5  # seconds


class Failed(Exception):
    """What a handler raises that has a bad day."""


@queue_handler("jobs", visibility_timeout=LEASE, max_attempts=3, backoff=[0.05, 0.2])
def do_job(message: Message) -> None:
    """Leave an effect; some fail once, some always, some outlive their lease."""
    with event_store.recorder.step("handle", item=message.data["item"]):
        number = message.data["number"]
        if number % 89 == 88 or (number % 11 == 10 and message.attempts == 0):
            raise Failed(number)
        if number % 50 == 49:
            time.sleep(LEASE * 1.5)
        Effect.objects.create(kind="jobs", item=message.data["item"])


@queue_handler("exact", visibility_timeout=LEASE, backoff=0.05)
def do_exactly(message: Message) -> None:
    """Leave an effect in the transaction of the acknowledge."""
    with (
        event_store.recorder.step("handle", item=message.data["item"]),
        message.atomic(),
    ):
        Effect.objects.create(kind="exact", item=message.data["item"])
        if message.data["number"] % 13 == 12 and message.attempts == 0:
            raise Failed(message.data["number"])


@subscription("account-*", name="accounts")
def follow_accounts(event: StoredEvent) -> None:
    leave("accounts", event, event.position)


@subscription("account-0", name="one-account")
def follow_one_account(event: StoredEvent) -> None:
    leave("one-account", event, event.offset)


@subscription("*", name="everything", batch_size=50)
def follow_everything(event: StoredEvent) -> None:
    """Leave an effect, and append a copy of some events."""
    leave("everything", event, event.position)
    if event.stream_name == "account-1":
        item = f"copy of {event.data['item']}"
        append("copies", EventData("Copied", {"item": item, "of": event.position}))


def leave(kind: str, event: StoredEvent, place: int) -> None:
    Effect.objects.create(kind=kind, item=event.data["item"], place=place)
