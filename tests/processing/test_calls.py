"""Async handlers side by side: one's rollback is not the other's."""

import threading
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from eventstreaming import append, correlation_scope, enqueue
from eventstreaming.events.correlation import current_correlation
from eventstreaming.models import Event, Message
from eventstreaming.processing.calls import handle_event, handle_message_here
from eventstreaming.types import EventData, StoredEvent
from eventstreaming.types import Message as LeasedMessage
from tests.workerapp.models import Effect


@pytest.mark.django_db(transaction=True)
def test_failing_async_handler_leaves_the_others_write_alone() -> None:
    both_have_written = threading.Barrier(2, timeout=10)

    def write_in_a_transaction(number: int, *, fail: bool) -> None:
        with transaction.atomic():
            Effect.objects.create(kind="async", number=number)
            both_have_written.wait()
            if fail:
                raise ValueError("roll back")

    def handler(number: int, *, fail: bool) -> threading.Thread:
        async def handle(message: LeasedMessage) -> None:
            await sync_to_async(write_in_a_transaction)(number, fail=fail)

        def run() -> None:
            try:
                handle_message_here(handle, message())
            except ValueError:
                pass
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = [handler(1, fail=False), handler(2, fail=True)]
    for thread in threads:
        thread.join()
    assert list(Effect.objects.values_list("number", flat=True)) == [1]


@pytest.mark.django_db
def test_what_a_handler_writes_carries_the_story_on() -> None:
    with correlation_scope("story"):
        (cause,) = append("orders", EventData("Placed", {}))

    def react(event: StoredEvent) -> None:
        append("mails", EventData("Sent", {}))
        enqueue("notices", {})

    handle_event(react, cause)
    effect = Event.objects.get(event_type="Sent")
    assert (effect.correlation_id, effect.causation_id) == (
        "story",
        str(cause.event_id),
    )
    assert Message.objects.get().correlation_id == "story"
    assert current_correlation() == (None, None)


def message() -> LeasedMessage:
    now = datetime.now(UTC)
    return LeasedMessage(
        stream_name="q",
        message_id="1",
        message_type="",
        data={},
        headers={},
        receipt="1:1",
        fencing_token=1,
        priority=0,
        group_key=None,
        deliveries=1,
        attempts=0,
        enqueued_at=now,
        visible_until=now,
        correlation_id=None,
        schema_version=1,
        store=None,  # type: ignore[arg-type]
    )
