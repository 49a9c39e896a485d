"""Async tasks of the project."""

import asyncio
import sys
import threading
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection, transaction

from eventstreaming import aenqueue
from eventstreaming.contrib.tasks import task
from eventstreaming.events.handling import current_handling
from tests.testapp.models import Note

meetings: list[asyncio.Barrier] = []  # of the running test


@task
async def meet() -> dict[str, Any]:
    """Wait for the other one, which has to run on the same loop."""
    await asyncio.wait_for(meetings[0].wait(), 20)
    handling = await sync_to_async(current_handling)()
    await aenqueue("notes", {})
    return {
        "loop": id(asyncio.get_running_loop()),
        "thread": threading.current_thread().name,
        "message": handling.message_id,
        "attempt": handling.attempt,
    }


@task(timeout=0.05, max_attempts=2, backoff=0)
async def oversleep(at_the_server: bool) -> None:
    if at_the_server:
        await sync_to_async(_sleep_at_the_server)()
    await asyncio.sleep(20)


def _sleep_at_the_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")


@task
async def sleep() -> None:
    await asyncio.sleep(20)


@task
async def disturb(how: str) -> str:
    await sync_to_async(_leave)(how)
    await Note.objects.acreate(text=how)
    return how


def _leave(how: str) -> None:
    if how == "open":
        transaction.atomic().__enter__()
    elif how == "closed":
        connection.close()


@task(takes_context=True, max_attempts=2, backoff=0)
async def end(context: Any, how: str) -> Any:
    """End in one of the ways in which a function can."""
    await asyncio.sleep(0)
    if how == "second" and context.attempt == 2:
        return (how, 2.0)
    if how == "object":
        return object()
    if how == "leave":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "missing":
        return await Note.objects.aget(pk=-1)
    raise ValueError(how)
