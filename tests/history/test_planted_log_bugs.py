"""Bugs of streams and subscriptions, planted, and the invariants that they break."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.backends.postgresql.announced import AnnouncedStatements
from eventstreaming.exceptions import UnsafeIsolation, WrongExpectedVersion
from eventstreaming.models import Checkpoint
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.sources import Source
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import ANY_VERSION, EventData, StoredEvent
from tests.history.final import EffectRow
from tests.history.planting import Trial, server_session
from tests.sessions import Session, execute, sessions
from tests.workerapp.models import Effect


class Crash(Exception):
    """The end of a process, as far as a test can have it inside of one."""


def made(*items: str) -> list[EventData]:
    return [EventData("Made", {"item": item}) for item in items]


def read_between_two_writers(trial: Trial) -> None:
    """Read while the lower position is not committed, and again when it is."""
    store = trial.store
    with sessions(2) as (slow, fast):
        block = store.atomic()
        slow.run(block.__enter__)
        slow.run(store.append, "one", made("a"))
        fast.run(store.append, "two", made("b"))
        seen = [event.position for event in store.read_all()]
        slow.run(block.__exit__, None, None, None)
        list(store.read_all((seen[-1] if seen else 0) + 1))


def test_reader_without_a_fence(trial: Trial) -> None:
    everything = "SELECT 9223372036854775807, 'read committed'"
    trial.set_sql("fence", everything)
    read_between_two_writers(trial)
    trial.expect("L8")


def test_fence_without_the_markers(trial: Trial) -> None:
    trial.set_sql(
        "fence",
        "SELECT last_value, 'read committed' FROM eventstreaming_event_position_seq",
    )
    read_between_two_writers(trial)
    trial.expect("L8")


def test_marker_that_is_not_set(trial: Trial) -> None:
    """A transaction draws its position before its marker is there."""
    with server_session() as session:
        if trial.planted:
            session.execute(
                "ALTER TABLE eventstreaming_event DISABLE TRIGGER eventstreaming_mark"
            )
        try:
            read_between_two_writers(trial)
        finally:
            session.execute(
                "ALTER TABLE eventstreaming_event "
                "ENABLE ALWAYS TRIGGER eventstreaming_mark"
            )
    trial.expect("L8")


def test_fence_that_is_younger_than_the_snapshot(trial: Trial) -> None:
    trial.set_sql("fence", "SELECT eventstreaming_fence_v1(), 'read committed'")
    store = trial.store
    with sessions(2) as (slow, fast):
        block = store.atomic()
        slow.run(block.__enter__)
        slow.run(store.append, "one", made("a"))
        fast.run(store.append, "two", made("b"))
        with suppress(UnsafeIsolation), transaction.atomic():
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            execute("SELECT 1")  # takes the snapshot
            slow.run(block.__exit__, None, None, None)
            list(store.read_all())
    trial.expect("L8")


def test_reader_without_an_order(trial: Trial) -> None:
    trial.replace_sql("read_all", 'ORDER BY e."position"', 'ORDER BY e."position" DESC')
    trial.store.append("s", made("a", "b", "c"))
    list(trial.store.read_all())
    trial.expect("L7")


def test_event_is_published_before_the_commit(trial: Trial) -> None:
    """The store hands out from its memory what was appended, committed or not."""
    append, read_all = PostgreSQLEventStore.append, PostgreSQLEventStore.read_all
    published: list[StoredEvent] = []

    def publish(*args: Any, **kwargs: Any) -> list[StoredEvent]:
        published.extend(stored := append(*args, **kwargs))
        return stored

    def read(*args: Any, **kwargs: Any) -> Iterator[StoredEvent]:
        stored = list(read_all(*args, **kwargs))
        return iter(stored + [event for event in published if event not in stored])

    trial.replace(PostgreSQLEventStore, "append", publish)
    trial.replace(PostgreSQLEventStore, "read_all", read)
    with suppress(Crash), trial.store.atomic():
        trial.store.append("s", made("a"))
        raise Crash
    list(trial.store.read_all())
    trial.expect("L3", "L9")


def test_acknowledged_commit_is_lost(trial: Trial) -> None:
    """A failover to a standby that was behind: the place is given out again."""
    store = trial.store
    store.append("s", made("a"))
    list(store.read_stream("s"))
    if trial.planted:
        with server_session() as session:
            session.execute("UPDATE eventstreaming_stream SET first_offset = 1")
            session.execute("DELETE FROM eventstreaming_event")
            session.execute(
                "UPDATE eventstreaming_stream SET first_offset = 0, next_offset = 0"
            )
    store.append("s", made("b"))
    trial.expect("L1", "L6", "L9")


def test_append_is_repeated_after_an_unknown_outcome(trial: Trial) -> None:
    append = PostgreSQLEventStore.append
    run = AnnouncedStatements._execute_announced
    lost: list[str] = []

    def lose_first_reply(
        store: AnnouncedStatements, name: str, *args: Any
    ) -> tuple[list[Any], float]:
        rows = run(store, name, *args)
        if name == "append_any" and not lost:
            lost.append("reply")
            raise OperationalError("the server closed the connection unexpectedly")
        return rows

    def append_again(*args: Any, **kwargs: Any) -> list[StoredEvent]:
        try:
            return append(*args, **kwargs)
        except OperationalError:
            return append(*args, **kwargs)

    trial.inject(AnnouncedStatements, "_execute_announced", lose_first_reply)
    trial.replace(PostgreSQLEventStore, "append", append_again)
    with suppress(OperationalError):
        trial.store.append("s", made("a"))
    trial.expect("L1")


def test_batch_is_appended_one_by_one(trial: Trial) -> None:
    """The connection ends before the second statement, if there is one."""
    append = PostgreSQLEventStore.append
    run = AnnouncedStatements._execute_announced
    names: list[str] = []

    def end_before_second(
        store: AnnouncedStatements, name: str, *args: Any
    ) -> tuple[list[Any], float]:
        names.append(name)
        if names.count("append_any") == 2:
            ((pid,),) = execute("SELECT pg_backend_pid()")
            with server_session() as session:
                session.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return run(store, name, *args)

    def append_singly(
        store: Any, stream_name: str, events: list[EventData], **options: Any
    ) -> list[StoredEvent]:
        return [
            stored
            for event in events
            for stored in append(store, stream_name, [event], **options)
        ]

    trial.inject(AnnouncedStatements, "_execute_announced", end_before_second)
    trial.replace(PostgreSQLEventStore, "append", append_singly)
    with sessions(1) as (session,), suppress(OperationalError):
        session.run(trial.store.append, "s", made("a", "b"))
    trial.expect("L2")


def test_offsets_of_a_sequence(trial: Trial) -> None:
    append = PostgreSQLEventStore.append
    execute("CREATE TEMPORARY SEQUENCE planted_offsets MINVALUE 0")

    def append_by_sequence(store: Any, stream_name: str, events: Any) -> Any:
        execute(
            "UPDATE eventstreaming_stream SET next_offset = nextval('planted_offsets')"
        )
        return append(store, stream_name, events)

    trial.replace(PostgreSQLEventStore, "append", append_by_sequence)
    trial.store.create_stream("s")
    trial.store.append("s", made("a"))
    with suppress(Crash), trial.store.atomic():
        trial.store.append("s", made("b"))
        raise Crash
    trial.store.append("s", made("c"))
    execute("DROP SEQUENCE planted_offsets")
    trial.expect("L4")


def test_expected_version_is_looked_up_before_the_append(trial: Trial) -> None:
    append, both_looked = PostgreSQLEventStore.append, Barrier(2, timeout=10)

    def look_and_append(
        store: Any, stream_name: str, events: Any, *, expected_version: int
    ) -> list[StoredEvent]:
        actual = store.stream_info(stream_name).last_offset
        if actual != expected_version:
            raise WrongExpectedVersion(stream_name, expected_version, actual)
        both_looked.wait()
        return append(store, stream_name, events, expected_version=ANY_VERSION)

    trial.replace(PostgreSQLEventStore, "append", look_and_append)
    with sessions(2) as writers:
        appends = [
            writer.start(trial.store.append, "s", made(item), expected_version=-1)
            for writer, item in zip(writers, "ab", strict=True)
        ]
        for result in appends:
            with suppress(WrongExpectedVersion):
                result.result(timeout=10)
    trial.expect("L10")


def test_later_transaction_draws_the_lower_position(trial: Trial) -> None:
    """A session keeps positions for itself: the sequence has a cache."""
    with sessions(2) as (one, two):
        if trial.planted:
            cache = "ALTER SEQUENCE eventstreaming_event_position_seq CACHE 10"
            one.execute(cache)
        try:
            for number, session in enumerate((one, two, one)):
                append_in(session, trial, f"s-{number}")
        finally:
            one.execute("ALTER SEQUENCE eventstreaming_event_position_seq CACHE 1")
    trial.expect("L5")


def append_in(session: Session, trial: Trial, stream: str) -> None:
    session.run(trial.store.append, stream, made(stream))


# -- subscriptions --------------------------------------------------------------


@pytest.fixture
def runner(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> SubscriptionRunner:
    """Return a subscription whose function leaves an effect for each event."""

    def leave(event: StoredEvent) -> None:
        Effect.objects.create(kind="all", number=event.position)

    monkeypatch.setattr(SubscriptionRunner, "store", trial.store)
    runner = SubscriptionRunner(
        EventSubscription(
            name="all",
            source_text="*",
            source=Source.parse("*"),
            function=leave,
            retry=RetryPolicy(),
            event_types=None,
            on_failure="stop",
            batch_size=100,
            store="default",
        )
    )
    runner.prepare()
    return runner


def effects() -> dict[str, Any]:
    rows = Effect.objects.order_by("pk").values_list("number", flat=True)
    left = [EffectRow("all", str(number), number) for number in rows]
    return {"effects": left, "exactly_once": ["all"]}


def test_checkpoint_outside_the_transaction(
    trial: Trial, runner: SubscriptionRunner
) -> None:
    """The process ends after the effects and before the checkpoint."""
    handle, save = SubscriptionRunner._handle, SubscriptionRunner._save
    crashed: list[str] = []

    def handle_and_commit(self: SubscriptionRunner, event: StoredEvent) -> Any:
        error = handle(self, event)
        connection.connection.commit()
        return error

    def crash_once(*args: Any) -> None:
        if not crashed:
            crashed.append("before the checkpoint")
            raise Crash
        save(*args)

    trial.inject(SubscriptionRunner, "_save", crash_once)
    trial.replace(SubscriptionRunner, "_handle", handle_and_commit)
    trial.store.append("s", made("a", "b"))
    with suppress(Crash):
        runner.run_batch()
    runner.run_batch()
    trial.expect("L14", **effects())


def test_checkpoint_is_saved_before_the_effects(
    trial: Trial, runner: SubscriptionRunner
) -> None:
    """The process ends after the checkpoint and before the effects."""
    handle = SubscriptionRunner._handle
    crashed: list[str] = []

    def save_and_handle(self: SubscriptionRunner, event: StoredEvent) -> Any:
        if trial.planted:
            Checkpoint.objects.update(position=event.position)
            connection.connection.commit()
        if not crashed:
            crashed.append("before the effect")
            raise Crash
        return handle(self, event)

    trial.inject(SubscriptionRunner, "_handle", save_and_handle)
    trial.store.append("s", made("a", "b"))
    with suppress(Crash):
        runner.run_batch()
    runner.run_batch()
    trial.expect("L14", **effects())


def test_checkpoint_one_too_far(trial: Trial, runner: SubscriptionRunner) -> None:
    save = SubscriptionRunner._save

    def save_next(self: Any, checkpoint: Any, reached: int, handled: int) -> None:
        save(self, checkpoint, reached + 1, handled)

    trial.replace(SubscriptionRunner, "_save", save_next)
    trial.store.append("s", made("a"))
    runner.run_batch()
    trial.expect("L13", **effects())
