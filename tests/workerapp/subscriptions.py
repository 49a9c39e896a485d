import os
import time

from asgiref.sync import sync_to_async

from eventstreaming import Message, StoredEvent, enqueue, queue_handler, subscription
from tests.workerapp.models import Effect


def leave(kind: str, number: int) -> None:
    Effect.objects.create(kind=kind, number=number, process=os.getpid())


@queue_handler("work.plain")
def plain(message: Message) -> None:
    leave("plain", message.data["number"])


@queue_handler("work.slow", visibility_timeout=1.0)
def slow(message: Message) -> None:
    leave("slow begun", message.data["number"])
    time.sleep(message.data["seconds"])
    leave("slow done", message.data["number"])


@queue_handler("work.long", visibility_timeout=60.0)
def long(message: Message) -> None:
    leave("long begun", message.data["number"])
    time.sleep(message.data["seconds"])
    leave("long done", message.data["number"])


@queue_handler("work.failing", max_attempts=3, backoff=[0.05, 0.1])
def failing(message: Message) -> None:
    leave("failing", message.attempts)
    raise ValueError(f"number {message.data['number']} is bad")


@queue_handler("work.exact")
def exact(message: Message) -> None:
    with message.atomic():
        leave("exact", message.data["number"])
        if message.data.get("fail") and message.attempts == 0:
            raise RuntimeError("after the effect")


@queue_handler("work.async")
async def asynchronous(message: Message) -> None:
    await sync_to_async(leave)("async", message.data["number"])


@queue_handler("work.nothing")
def nothing(message: Message) -> None:
    """Do what takes no memory."""


@queue_handler("work.nothing-async")
async def nothing_async(message: Message) -> None:
    """Do what takes no memory."""


@queue_handler("work.exiting", max_attempts=2, backoff=0)
def exiting(message: Message) -> None:
    raise SystemExit(3)


@subscription("work-log", name="log-reader")
def read_log(event: StoredEvent) -> None:
    leave("log", event.offset)
    if event.data.get("seconds"):
        time.sleep(event.data["seconds"])


@subscription("work-*", name="category-reader", backoff=0.05, max_attempts=2)
def read_category(event: StoredEvent) -> None:
    leave("category", event.position)
    if event.data.get("poison"):
        raise ValueError("poison")


@subscription("*", name="all-reader", event_types=["Wanted"])
def read_wanted(event: StoredEvent) -> None:
    leave("wanted", event.position)
    enqueue("work.plain", {"number": 1000 + event.offset})
