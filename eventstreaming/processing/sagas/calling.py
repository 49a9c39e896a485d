"""Calling what a step declares, sync or async, once and in its time."""

import asyncio
from inspect import iscoroutinefunction
from math import inf
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction

from eventstreaming.events.queue_settings import MAX_DELIVERIES
from eventstreaming.exceptions import DeliveredTooOften
from eventstreaming.models import Saga as SagaRow
from eventstreaming.processing.sagas.context import SagaContext
from eventstreaming.processing.sagas.steps import Action
from eventstreaming.processing.sagas.values import stored_form
from eventstreaming.types import JSON, Message

MAX_BROKEN = 50  # turns of one message that could not be committed


class StepTimedOut(Exception):
    """The step's time was over before it came to an end."""


def call(
    action: Action, row: SagaRow, key: str, *, using: str, seconds: float = inf
) -> JSON:
    """
    Call a step's method in a savepoint; return what it returns, as JSON.

    An async one is cancelled after so many seconds: StepTimedOut.
    """
    context = SagaContext(
        name=row.name,
        saga_id=row.saga_id,
        step=row.step,
        data=row.data,
        results=dict(row.results),
        signals=dict(row.signals),
        attempt=row.attempts + 1,
        idempotency_key=f"{row.stream_name}:{key}",
        correlation_id=row.correlation_id,
        started_at=row.started_at,
    )
    if seconds <= 0:
        raise StepTimedOut("its time was over before this attempt")
    with transaction.atomic(using=using):
        if iscoroutinefunction(action):
            # In this thread, so that its database work is in the savepoint.
            result = async_to_sync(_call_async)(action, context, seconds)
        else:
            result = action(context)
        return stored_form(result, "result")


async def _call_async(action: Action, context: SagaContext, seconds: float) -> Any:
    limit = asyncio.timeout(None if seconds == inf else seconds)
    try:
        async with limit:
            return await action(context)
    except TimeoutError as error:
        if limit.expired():
            raise StepTimedOut("its time is over") from error
        raise


def refuse_too_many(message: Message) -> None:
    """
    Raise DeliveredTooOften for a message that comes again and again.

    Many workers have not answered it, or none could commit its turn, which outages
    do, and a step that breaks the transaction around it.
    """
    unanswered = message.deliveries - message.attempts
    if unanswered > MAX_DELIVERIES:
        raise DeliveredTooOften(message.stream_name, MAX_DELIVERIES)
    if message.attempts >= MAX_BROKEN:
        raise DeliveredTooOften(message.stream_name, MAX_BROKEN)
