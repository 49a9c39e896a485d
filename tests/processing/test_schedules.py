"""Schedules: kept like the code declares them, fired once, made up for."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from eventstreaming import Message, dequeue_many, event_stores, queue_info, schedule
from eventstreaming.events.registry import event
from eventstreaming.exceptions import (
    HandlerConflict,
    InvalidArgument,
    UnsupportedOperation,
)
from eventstreaming.models import Schedule
from eventstreaming.processing import registry
from eventstreaming.processing.firing import ScheduleRunner
from eventstreaming.processing.registry import Handlers, queue_handler
from eventstreaming.processing.schedule_rows import synchronize
from eventstreaming.processing.worker import Worker
from tests.sessions import sessions

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}

both_databases = pytest.mark.django_db(databases=["default", "sqlite"])


@event(name="tests.MakeReport", version=2)
@dataclass(frozen=True)
class MakeReport:
    kind: str = "daily"


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    own = Handlers()
    monkeypatch.setattr(registry, "handlers", own)
    return own


@pytest.fixture(params=["default", "sqlite"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    stores = {"default": {"OPTIONS": {"database": request.param}}}
    with override_settings(EVENT_STORES=stores):
        yield request.param


@pytest.fixture
def declare(handlers: Handlers, database: str) -> Callable[..., Schedule]:
    """Let the code be one declaration, as a worker that starts finds it."""

    def declared(**declaration: Any) -> Schedule:
        handlers.schedules.clear()
        schedule("nightly", "reports", **declaration)
        synchronize(database, list(handlers.schedules.values()))
        return row(database)

    return declared


def row(database: str) -> Schedule:
    return Schedule.objects.using(database).get(name="nightly")


def let_be_due(found: Schedule, minutes: float) -> datetime:
    """
    Let a run have been due for a while; return when.

    The next one is not due within seconds: they are at whole and half minutes.
    """
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)
    # SQLite's clock has milliseconds, and what is due in this one is not due yet.
    due = datetime.now(UTC) - timedelta(minutes=minutes, milliseconds=1)
    due = due.replace(microsecond=due.microsecond // 1000 * 1000)
    Schedule.objects.using(found._state.db).filter(pk=found.pk).update(next_at=due)
    return due


def fire_all() -> list[str]:
    """Fire what is due; return the times of the messages."""
    runner = ScheduleRunner(event_stores["default"])
    while runner.fire():
        pass
    messages = dequeue_many("reports", 1_000)
    assert {message.headers["schedule"] for message in messages} <= {"nightly"}
    return [message.headers["scheduled_at"] for message in messages]


@both_databases
def test_the_table_follows_the_declarations(
    declare: Callable[..., Schedule], database: str
) -> None:
    by_hand = Schedule(name="by-hand", queue="reports", every=60)
    by_hand.save(using=database)
    first = declare(cron="30 2 * * *", timezone="Europe/Zurich")
    assert (first.declared, first.timezone) == (True, "Europe/Zurich")
    assert first.next_at is not None
    assert first.next_at > datetime.now(UTC)
    due = let_be_due(first, 5)
    assert declare(cron="30 2 * * *", timezone="Europe/Zurich").next_at == due
    other = declare(cron="30 2 * * *", timezone="Europe/Zurich", message={"a": 1})
    assert (other.next_at, other.data) == (due, {"a": 1})
    hourly = declare(every=3600, catch_up=7)
    assert (hourly.cron, hourly.every, hourly.catch_up) == ("", 3600, 7)
    assert hourly.next_at is not None
    assert hourly.next_at.timestamp() % 3600 == 0

    synchronize(database, [])
    gone = row(database)
    assert gone.removed_at is not None
    assert gone.next_at is None
    back = declare(every=3600)
    assert (back.removed_at, back.next_at) == (None, hourly.next_at)

    paused = Schedule.objects.using(database).filter(name="nightly")
    paused.update(paused_at=Now(), next_at=None)
    assert declare(every=60).next_at is None
    by_hand.refresh_from_db(using=database)
    assert (by_hand.removed_at, by_hand.declared) == (None, False)


@both_databases
def test_a_run_is_enqueued_and_the_next_one_planned(
    declare: Callable[..., Schedule], database: str
) -> None:
    found = declare(every=60, priority=3, message=MakeReport())
    assert fire_all() == []
    due = let_be_due(found, 0)
    runner = ScheduleRunner(event_stores["default"])
    assert runner.seconds_to_next() == 0
    assert runner.fire()
    assert not runner.fire()
    (message,) = dequeue_many("reports", 9)
    assert (message.message_type, message.schema_version, message.data) == (
        "tests.MakeReport",
        2,
        {"kind": "daily"},
    )
    assert message.priority == 3
    scheduled_at = datetime.fromisoformat(message.headers["scheduled_at"])
    fired = row(database)
    assert (fired.runs, fired.last_at, due) == (1, scheduled_at, scheduled_at)
    assert fired.next_at is not None
    assert fired.next_at.timestamp() % 60 == 0
    assert 0 < runner.seconds_to_next() <= 60


MISSED = [(0, 30.5, 30, 1), (0, 90, 3600, 0), (1, 30.5, 60, 1), (7, 30.5, 60, 7)]


@both_databases
@pytest.mark.parametrize(("catch_up", "minutes", "every", "made"), MISSED)
def test_missed_runs_are_made_up_for_as_the_schedule_says(
    declare: Callable[..., Schedule],
    database: str,
    catch_up: int,
    minutes: float,
    every: int,
    made: int,
) -> None:
    found = declare(every=every, catch_up=catch_up)
    now = datetime.now(UTC)
    if not made and now.minute in (0, 59):
        pytest.skip("a full hour is on time just now")
    let_be_due(found, minutes)
    times = [datetime.fromisoformat(text) for text in fire_all()]
    assert len(times) == made
    newest = int(now.timestamp()) // every * every
    for age, at in enumerate(reversed(times)):
        assert abs(at.timestamp() - (newest - age * every)) <= every
    fired = row(database)
    assert fired.next_at is not None
    assert fired.next_at > now
    assert fired.runs == made


@both_databases
def test_jitter_delays_and_overlap_can_be_avoided(
    declare: Callable[..., Schedule], database: str
) -> None:
    found = declare(every=60, jitter=3600, overlap=False)
    for _ in range(3):
        let_be_due(found, 0)
        assert ScheduleRunner(event_stores["default"]).fire()
    assert queue_info("reports").depth == queue_info("reports").delayed == 1
    assert row(database).runs == 1


@both_databases
def test_a_row_that_cannot_be_fired_stops_nobody(
    declare: Callable[..., Schedule], database: str
) -> None:
    rows = Schedule.objects.using(database)
    bad = {"declared": True, "next_at": datetime(2026, 1, 1, tzinfo=UTC)}
    rows.create(name="bad-queue", queue=".hidden", every=60, **bad)
    rows.create(name="bad-cron", queue="reports", cron="99 * * * *", **bad)
    let_be_due(declare(every=60), 0)
    for name in ("bad-queue", "bad-cron"):
        rows.filter(name=name).update(next_at=bad["next_at"])
    assert len(fire_all()) == 1
    queue, cron = rows.get(name="bad-queue"), rows.get(name="bad-cron")
    assert queue.error.startswith("stream_name: '.hidden'")
    assert queue.next_at is not None
    assert queue.next_at > datetime.now(UTC)
    assert "bad minute" in cron.error
    assert cron.next_at is None


@pytest.mark.django_db(transaction=True)
def test_one_of_two_workers_fires(handlers: Handlers) -> None:
    schedule("nightly", "reports", every=3600)
    synchronize("default", list(handlers.schedules.values()))
    runner = ScheduleRunner(event_stores["default"])
    let_be_due(row("default"), 0)
    with sessions(2) as (first, second):
        first.begin()
        assert first.run(lambda: ScheduleRunner(event_stores["default"]).fire())
        assert not second.run(lambda: ScheduleRunner(event_stores["default"]).fire())
        assert runner.seconds_to_next() == 0
        first.rollback()
        assert second.run(lambda: ScheduleRunner(event_stores["default"]).fire())
        assert not first.run(lambda: ScheduleRunner(event_stores["default"]).fire())
    assert len(fire_all()) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "sqlite"])
def test_a_worker_fires_what_is_due_and_handles_it(
    handlers: Handlers, database: str
) -> None:
    seen: list[Message] = []
    queue_handler("reports")(seen.append)
    schedule("nightly", "reports", {"kind": "daily"}, every=3600)
    synchronize(database, list(handlers.schedules.values()))
    let_be_due(row(database), 0)
    handlers.schedules.clear()
    schedule("nightly", "reports", {"kind": "weekly"}, every=3600)
    assert Worker(threads=1, batch=True, registry=handlers).run()
    assert [message.data for message in seen] == [{"kind": "weekly"}]


def test_a_name_is_declared_once(handlers: Handlers) -> None:
    schedule("nightly", "reports", every=60)
    schedule("nightly", "reports", every=60)
    with pytest.raises(HandlerConflict, match="every 0:01:00 to 'reports', and"):
        schedule("nightly", "reports", every=61)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "-"},
        {"queue": ""},
        {"message": "text"},
        {"catch_up": -1},
        {"catch_up": 1_001},
        {"jitter": -1},
        {"priority": 40_000},
        {"overlap": 1},
        {"every": 0},
    ],
)
def test_bad_arguments_are_refused_at_once(
    handlers: Handlers, bad: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument):
        schedule(**{"name": "a", "queue": "b", "every": 60, **bad})
    assert handlers.schedules == {}


@override_settings(EVENT_STORES={"default": MEMORY})
def test_a_store_without_a_database_keeps_none(handlers: Handlers) -> None:
    schedule("nightly", "reports", every=60)
    with pytest.raises(UnsupportedOperation, match="keeps no schedules"):
        Worker(batch=True, registry=handlers)
