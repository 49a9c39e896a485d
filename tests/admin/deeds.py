"""What each action of the admin is to do: its rows, its question, and its effect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from django.utils import timezone

from eventstreaming import dequeue_many, enqueue
from eventstreaming.models import (
    DeadLetter,
    Message,
    ParkedEvent,
    Schedule,
    StreamConfiguration,
    Subscription,
    TaskResult,
)
from eventstreaming.models import Saga as SagaRow
from eventstreaming.sagas import Saga, saga, start
from eventstreaming.sagas import signal as send
from eventstreaming.testing import run_until_idle
from tests.processing.sagas.driving import Trace, own_registries, run
from tests.taskapp import tasks

Keys = list[int]
QUEUE = "act"
numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """
    An action: the two rows that `prepare` makes, and what is to become of them.

    The question and what is told afterwards have the number of rows; without a
    question it is done at once. `answer` is typed where the question has a field.
    """

    prepare: Callable[[], Keys]
    asks: str | None
    tells: str
    done: Callable[[Keys], bool]
    log: str
    query: str = ""
    answer: str = ""


@contextmanager
def declared_saga() -> Iterator[None]:
    """Let there be the saga of the tests, as if the project had declared it."""
    with own_registries():
        _Shop.trace = Trace()
        steps = [_Shop.trace.step("pack"), _Shop.trace.step("charge", wait_for="paid")]
        _Shop.saga = saga("order", steps)
        yield


class _Shop:
    trace: Trace
    saga: Saga


def waiting_sagas() -> Keys:
    """Start two sagas, which wait for their money."""
    names = [f"act-{next(numbers)}" for _ in range(2)]
    for name in names:
        start(_Shop.saga, saga_id=name)
    run(_Shop.saga)
    return _keys_of(names)


def failed_sagas() -> Keys:
    """Have two sagas that could not be undone."""
    _Shop.trace.fails("charge", ValueError("no money"))
    _Shop.trace.fails("undo pack", OSError("no box"))
    keys = waiting_sagas()
    for row in SagaRow.objects.filter(pk__in=keys):
        send(_Shop.saga, row.saga_id, "paid")
    run(_Shop.saga)
    assert _are(SagaRow, keys, state="failed")
    _Shop.trace.does.clear()
    return keys


def _keys_of(names: list[str]) -> Keys:
    rows = SagaRow.objects.filter(saga_id__in=names).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def ready() -> Keys:
    """Have two messages in the queue, and nothing else in it."""
    return _enqueued()


def delayed() -> Keys:
    return _enqueued(delay=3600)


def _enqueued(delay: float | None = None) -> Keys:
    Message.objects.filter(queue=QUEUE).delete()
    return [int(enqueue(QUEUE, {}, delay=delay)) for _ in range(2)]


def leased() -> Keys:
    keys = _enqueued()
    assert len(dequeue_many(QUEUE, 2)) == 2
    return keys


def dead() -> Keys:
    keys = _enqueued()
    for message in dequeue_many(QUEUE, 2):
        message.nack(error="x", dead_letter=True)
    return keys


def failed_tasks() -> Keys:
    keys = [int(tasks.fail.enqueue("no").id) for _ in range(2)]
    run_until_idle("tasks:default:default")
    return keys


def stopped() -> Keys:
    state = Subscription.State.STOPPED
    return [
        Subscription.objects.create(
            name=f"act-{next(numbers)}", source="*", state=state
        ).pk
        for _ in range(2)
    ]


def parked() -> Keys:
    """Have two keys set aside."""
    subscription = Subscription.objects.create(name=f"act-{next(numbers)}", source="*")
    return [
        ParkedEvent.objects.create(
            subscription=subscription, key=f"k{number}", bucket=0, position=number,
            stream_name="order-1", offset=0, event_type="OrderPlaced",
            state=ParkedEvent.State.FAILED,
        ).pk
        for number in (1, 2)
    ]  # fmt: skip


def schedules(*, paused: bool = False) -> Keys:
    Message.objects.filter(queue=QUEUE).delete()
    since = timezone.now() if paused else None
    return [
        Schedule.objects.create(
            name=f"act-{next(numbers)}", queue=QUEUE, every=3600, paused_at=since
        ).pk
        for _ in range(2)
    ]


def configurations() -> Keys:
    rows = StreamConfiguration.objects
    return [rows.create(pattern=f"act-{next(numbers)}").pk for _ in range(2)]


def _are(model: type, keys: Keys, **columns: object) -> bool:
    rows = model._default_manager.filter(pk__in=keys, **columns)  # type: ignore[attr-defined]
    return bool(rows.count() == len(keys))


def _are_gone(model: type, keys: Keys) -> bool:
    return not model._default_manager.filter(pk__in=keys).exists()  # type: ignore[attr-defined]


def _are_delivered(keys: Keys) -> bool:
    ids = {int(message.message_id) for message in dequeue_many(QUEUE, 2)}
    return ids >= set(keys)


def _are_dead(keys: Keys) -> bool:
    return _are_gone(Message, keys) and _are(DeadLetter, keys, reason="cancelled")


def _are_nowhere(keys: Keys) -> bool:
    return _are_gone(Message, keys) and _are_gone(DeadLetter, keys)


OF_QUEUE = f"?queue={QUEUE}"
DONE = "Done for {n} message"

DEEDS = {
    ("message", "run_selected"): Deed(
        prepare=delayed,
        query=f"{OF_QUEUE}&state=delayed",
        asks="Deliver {n} message",
        tells=DONE,
        done=_are_delivered,
        log="Due now.",
    ),
    ("message", "release_selected"): Deed(
        prepare=leased,
        query=OF_QUEUE,
        asks="Give {n} message",
        tells=DONE,
        done=_are_delivered,
        log="Released.",
    ),
    ("message", "prioritize_selected"): Deed(
        prepare=ready,
        query=OF_QUEUE,
        asks="{n} message",
        answer="7",
        tells=DONE,
        done=lambda keys: _are(Message, keys, rank=-7),
        log="Priority 7.",
    ),
    ("message", "cancel_selected"): Deed(
        prepare=ready,
        query=OF_QUEUE,
        asks="Cancel {n} message",
        tells=DONE,
        done=_are_dead,
        log="Cancelled.",
    ),
    ("message", "bury_selected"): Deed(
        prepare=leased,
        query=OF_QUEUE,
        asks="Make {n} message",
        tells=DONE,
        done=_are_dead,
        log="Made a dead letter.",
    ),
    ("message", "delete_selected_messages"): Deed(
        prepare=leased,
        query=OF_QUEUE,
        asks="Delete {n} message",
        tells=DONE,
        done=_are_nowhere,
        log="Deleted.",
    ),
    ("deadletter", "redrive_selected"): Deed(
        prepare=dead,
        query=OF_QUEUE,
        asks="Send {n} dead letter",
        tells="{n} message",
        done=lambda keys: _are_gone(DeadLetter, keys) and _are_delivered(keys),
        log="Sent back to the queue.",
    ),
    ("deadletter", "discard_selected"): Deed(
        prepare=dead,
        query=OF_QUEUE,
        asks="Delete {n} dead letter",
        tells="{n} dead letter",
        done=_are_nowhere,
        log="Discarded.",
    ),
    ("subscription", "resume_selected"): Deed(
        prepare=stopped,
        asks=None,
        tells="{n} subscription",
        done=lambda keys: _are(Subscription, keys, state=Subscription.State.ACTIVE),
        log="Resumed.",
    ),
    ("parkedevent", "replay_selected"): Deed(
        prepare=parked,
        asks="{n} parked event",
        tells="{n} event",
        done=lambda keys: _are(ParkedEvent, keys, state=ParkedEvent.State.READY),
        log="To be tried again.",
    ),
    ("parkedevent", "skip_selected"): Deed(
        prepare=parked,
        asks="Skip {n} event",
        tells="{n} event",
        done=lambda keys: _are_gone(ParkedEvent, keys),
        log="Skipped.",
    ),
    ("taskresult", "retry_selected"): Deed(
        prepare=failed_tasks,
        asks="Run {n} task",
        tells="{n} task",
        done=lambda keys: (
            _are(TaskResult, keys, status="READY") and _are(Message, keys)
        ),
        log="Enqueued again.",
    ),
    ("saga", "resume_selected"): Deed(
        prepare=failed_sagas,
        asks="{n} saga",
        tells="{n} saga",
        done=lambda keys: _are(SagaRow, keys, state="compensating"),
        log="Resumed.",
    ),
    ("saga", "cancel_selected"): Deed(
        prepare=waiting_sagas,
        asks="{n} saga",
        tells="{n} saga",
        done=lambda keys: _are(SagaRow, keys, state="compensating"),
        log="Cancelled.",
    ),
    ("saga", "skip_selected"): Deed(
        prepare=failed_sagas,
        asks="{n} saga",
        tells="{n} saga",
        done=lambda keys: _are(SagaRow, keys, state="compensated"),
        log="Step taken as undone.",
    ),
    ("schedule", "run_selected"): Deed(
        prepare=schedules,
        asks="{n} schedule",
        tells="{n} schedule",
        done=lambda keys: len(dequeue_many(QUEUE, 5)) == len(keys),
        log="Run by hand.",
    ),
    ("schedule", "pause_selected"): Deed(
        prepare=schedules,
        asks=None,
        tells="{n} schedule",
        done=lambda keys: _are(Schedule, keys, paused_at__isnull=False),
        log="Paused.",
    ),
    ("schedule", "resume_selected"): Deed(
        prepare=lambda: schedules(paused=True),
        asks=None,
        tells="{n} schedule",
        done=lambda keys: _are(Schedule, keys, paused_at=None),
        log="Resumed.",
    ),
    ("schedule", "delete_selected"): Deed(
        prepare=schedules,
        asks="Schedules: {n}",
        tells="{n} schedule",
        done=lambda keys: _are_gone(Schedule, keys),
        log="",
    ),
    ("streamconfiguration", "delete_selected"): Deed(
        prepare=configurations,
        asks="Stream configurations: {n}",
        tells="{n} stream configuration",
        done=lambda keys: _are_gone(StreamConfiguration, keys),
        log="",
    ),
}
