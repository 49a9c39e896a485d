"""Payloads that are secret, in all places where a payload is stored."""

from django.utils import timezone

from eventstreaming import EventData, append, dequeue_many, enqueue, enqueue_many
from eventstreaming.models import (
    Checkpoint,
    ParkedEvent,
    Saga,
    Schedule,
    Stream,
    Subscription,
    TaskResult,
)

SECRET = "card-4111"  # in errors, too
IN_DATA = "card-4112"
IN_NOTES = "card-4113"  # metadata and headers
HIDE = f"{__name__}.hide"


def hide(stream_name: str, type_name: str, value: object, part: str) -> object:
    """Hide all of it."""
    return {"hidden": f"{part} of {stream_name} {type_name}"}


def plant() -> None:
    """Write the secrets wherever a payload is stored."""
    data = {"card": SECRET, IN_DATA: [IN_DATA]}
    note = {"card": SECRET, IN_NOTES: [IN_NOTES]}
    enqueue_many("mail", [EventData("Mail", data)] * 3, headers=note)
    alive, dead = dequeue_many("mail", 2)
    alive.nack(error=SECRET, delay=0)
    dead.nack(error=SECRET, dead_letter=True)
    enqueue("mail", data, correlation_id="story")
    for name in ("SagaStarted", "SagaStepFailed", "SagaCompensating", "Other"):
        append("history", EventData(name, {**data, "error": SECRET, "reason": SECRET}))
    facts = [EventData("OrderPaid", data)] * 2
    (event, _) = append("order-1", facts, metadata=note, correlation_id="story")
    row = Subscription.objects.create(name="billing", source="order-*")
    Checkpoint.objects.create(subscription=row, error=SECRET)
    ParkedEvent.objects.create(
        subscription=row, key="k", bucket=0, position=event.position, error=SECRET,
        stream_name="order-1", offset=0, event_type="OrderPaid", edited_data=data,
    )  # fmt: skip
    saga = Saga.objects.create(
        name="order", saga_id="7", state="failed", correlation_id="story",
        data=data, results={"paid": SECRET}, signals={"sent": data}, error=SECRET,
    )  # fmt: skip
    Stream.objects.filter(name="history").update(name=saga.stream_name)
    failure = {"at": timezone.now().isoformat(), "exception_class_path": "ValueError"}
    for number, status in enumerate(["FAILED", "SUCCESSFUL"]):
        TaskResult.objects.create(
            id=10**9 + number, queue="tasks:x", task="send", status=status,
            data={"args": [SECRET], "kwargs": data}, return_value=data, lease=1,
            errors=[{**failure, "traceback": SECRET}], worker_ids=["w"],
            enqueued_at=timezone.now(),
        )  # fmt: skip
    Schedule.objects.create(name="nightly", queue="mail", cron="0 3 * * *", data=data)
