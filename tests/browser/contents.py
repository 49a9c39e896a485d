"""Rows for every page, with texts that attack it and names that stretch it."""

from django.utils import timezone

from eventstreaming import (
    EventData,
    append,
    configure_stream,
    dequeue_many,
    enqueue,
    enqueue_many,
)
from eventstreaming.admin import saga_timeline
from eventstreaming.models import (
    Checkpoint,
    DeadLetter,
    Message,
    ParkedEvent,
    Queue,
    Saga,
    Schedule,
    Stream,
    Subscription,
    TaskResult,
    WorkerHeartbeat,
)

# Whatever of this becomes an element is found by its class or by its source.
ATTACK = (
    "\"'><img class=intruder src=x onerror=alert(1)>"
    "</pre></textarea><script class=intruder>alert(1)</script>"
)
INTRUDERS = ".intruder"
LONG = "order-" + "x" * 249


def fill() -> None:
    """Write what all pages show: two pages of messages, and some of the rest."""
    fill_streams()
    fill_queues()
    fill_subscriptions()
    fill_sagas()
    fill_tasks()
    fill_workers()
    fill_schedules()


def fill_streams() -> None:
    for name in ("order-1", "attacked", LONG):
        append(
            name,
            [
                EventData("OrderPlaced", {"note": ATTACK, "total": 12}),
                EventData(LONG, {ATTACK: [ATTACK]}),
            ],
            key=ATTACK,
            metadata={ATTACK: ATTACK},
            correlation_id=ATTACK,
            causation_id=ATTACK,
        )
    configure_stream("order-*", description=ATTACK, tags=[ATTACK[:90], "t" * 90])
    configure_stream(LONG, max_age=86_400, max_count=10, until_consumed=True)
    # Services refuse such names; pages show them all the same.
    Stream.objects.filter(name="attacked").update(name=ATTACK, category=ATTACK)


def fill_queues() -> None:
    enqueue_many(LONG, [EventData("Note", {"text": "x" * 400})] * 120)
    for message in dequeue_many(LONG, 2):
        message.nack(error="x" * 400)
    Queue.objects.create(name="mail", description=ATTACK, backoff=[1, 5])
    enqueue_many("mail", [EventData("Mail", {"to": ATTACK})] * 4)
    for message in dequeue_many("mail", 3):
        message.nack(error=ATTACK, dead_letter=True)
    enqueue("mail", EventData("Mail", {}), delay=3600)
    enqueue("mail", EventData("Mail", {}), headers={ATTACK: ATTACK}, group_key=ATTACK)
    dequeue_many("mail", 1)
    attacked = Message.objects.filter(queue="mail")
    attacked.update(message_type=ATTACK, worker_id=ATTACK[:60])
    DeadLetter.objects.update(message_type=ATTACK, group_key=ATTACK)


def fill_subscriptions() -> None:
    for name, source in ((ATTACK[:90], "order-*"), ("b" * 100, LONG)):
        subscription = Subscription.objects.create(
            name=name, source=source, state=Subscription.State.STOPPED
        )
        Checkpoint.objects.create(
            subscription=subscription,
            attempts=3,
            error=f"{ATTACK}\nTraceback (most recent call last):\n{ATTACK}",
            owner=ATTACK[:60],
            progressed_at=timezone.now(),
        )
        ParkedEvent.objects.create(
            subscription=subscription,
            key=ATTACK,
            position=2,
            bucket=0,
            edited_data={ATTACK: [ATTACK]},
            stream_name=name,
            offset=1,
            event_type=ATTACK,
            state=ParkedEvent.State.FAILED,
            error=f"{ATTACK}\nTraceback (most recent call last):\n{ATTACK}",
        )


def fill_sagas() -> None:
    for name, saga_id, state in (
        ("order", "7", Saga.State.WAITING),
        ("n" * 100, "x" * 149, Saga.State.FAILED),
        (ATTACK[:90], ATTACK, Saga.State.FAILED),
    ):
        saga = Saga.objects.create(
            name=name,
            saga_id=saga_id,
            state=state,
            step=name,
            waiting_for=ATTACK if state == Saga.State.WAITING else "",
            completed=[ATTACK, "y" * 100],
            data={ATTACK: ATTACK},
            results={"y" * 100: ATTACK},
            attempts=3,
            error=f"{ATTACK}\nTraceback (most recent call last):\n{ATTACK}",
            due_at=timezone.now(),
            correlation_id=ATTACK[:255],
        )
        tell_story("attacked-saga", saga.stream_name)


def fill_tasks() -> None:
    failure = {"at": timezone.now().isoformat(), "traceback": ATTACK}
    for number, name in enumerate(("shop.tasks.send", LONG, ATTACK), start=10**9):
        TaskResult.objects.create(
            id=number,
            queue=f"tasks:{name}"[:255],
            task=name,
            status=TaskResult.Status.FAILED,
            failed=True,
            data={"args": [ATTACK, "y" * 200], "kwargs": {ATTACK: "y" * 100}},
            errors=[{"exception_class_path": ATTACK, **failure}] * 2,
            worker_ids=[ATTACK, "w" * 150],
            lease=1,
            correlation_id=ATTACK,
            enqueued_at=timezone.now(),
            finished_at=timezone.now(),
        )


def tell_story(written: str, name: str) -> None:
    """Write a saga's history, with texts that no service would write."""
    told = {"step": ATTACK, "signal": ATTACK, "error": ATTACK, "reason": ATTACK}
    numbers = {"attempt": 2, "retry_in": None, "seconds": 7200}
    for event_type in saga_timeline.EVENT_TYPES:
        append(written, EventData(event_type, {**told, **numbers}))
    append(written, EventData(LONG, {"step": "y" * 100}))
    Stream.objects.filter(name=written).update(name=name)


def fill_workers() -> None:
    for number, state in enumerate(WorkerHeartbeat.State, 1):
        WorkerHeartbeat.objects.create(
            worker_id=f"{ATTACK[:90]}:{number}",
            host="h" * 90 if number == 1 else ATTACK[:90],
            pid=number,
            version="0.1.0",
            state=state,
            queues=[LONG, ATTACK],
            subscriptions=[ATTACK],
            threads=4,
            in_flight=1,
            done=10**9,
            failed=2,
            handled=3,
            memory=10**9 if number == 1 else None,
        )


def fill_schedules() -> None:
    texts = {"message_type": ATTACK, "data": {ATTACK: ATTACK}, "error": ATTACK}
    for name, declared in ((ATTACK[:90], True), (LONG, False)):
        Schedule.objects.create(
            name=name, queue=LONG, cron=ATTACK[:90], declared=declared, **texts
        )
