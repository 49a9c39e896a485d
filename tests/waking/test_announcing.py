"""What a process announces: the leading edge, after the commit, apart from it."""

from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import (
    DatabaseError,
    DataError,
    OperationalError,
    connection,
    transaction,
)
from django.test import TestCase

from eventstreaming import (
    EventData,
    append,
    append_many,
    clock,
    enqueue,
    enqueue_many,
    event_store,
    read_stream,
)
from eventstreaming.backends import event_stores, relational
from eventstreaming.backends.postgresql import bound
from eventstreaming.backends.postgresql.together import Together
from eventstreaming.backends.waking import announcing
from eventstreaming.backends.waking.topics import SCHEDULES
from eventstreaming.exceptions import WrongExpectedVersion
from eventstreaming.types import Append
from tests.sessions import execute, sessions
from tests.waking.listeners import Ear, ear

pytestmark = pytest.mark.django_db(transaction=True)

NOTED = EventData("Noted", {})


@pytest.fixture(autouse=True)
def quiet_process() -> None:
    """Let the test begin as a process that has announced nothing lately."""
    announcing._by_database.clear()


@pytest.fixture
def hearer() -> Iterator[Ear]:
    with ear() as opened:
        yield opened


def test_appends_and_messages_are_announced_by_name(hearer: Ear) -> None:
    append("order-1", NOTED)
    enqueue("work", {"n": 1})
    assert hearer.heard() == ["order-1", "$work"]


def test_batches_are_announced_once(hearer: Ear) -> None:
    enqueue_many("work", [{"n": n} for n in range(50)])
    append_many([Append("a", NOTED), Append("a", [NOTED, NOTED])])
    assert hearer.heard() == ["$work", "a"]


def test_burst_is_announced_at_its_beginning_only(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(30):
        append("order-1", EventData("Noted", {"number": number}))
    assert hearer.heard() == ["order-1"]


def test_window_that_has_ended_lets_the_next_one_through(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 0.0)
    for _ in range(3):
        append("order-1", NOTED)
    assert hearer.heard() == ["order-1"] * 3


def test_many_streams_are_announced_as_anything(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(30):
        append(f"order-{number}", NOTED)
    assert hearer.heard() == ["order-0", "order-1", ""]


def test_process_that_writes_to_many_streams_names_none_for_a_while(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = announcing.announcements(connection.alias)

    def write_later(*stream_names: str) -> list[str]:
        own._sent.clear()  # as if the window had ended
        for name in stream_names:
            append(name, NOTED)
        return hearer.heard()

    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    monkeypatch.setattr(announcing, "BUSY_FOR", 60.0)
    assert write_later("a-1", "a-2") == ["a-1", "a-2"]
    assert write_later("a-1", "a-2", "a-3") == ["a-1", "a-2", ""]
    until = own._busy_until
    assert write_later("a-1", "a-2", "a-3") == [""]
    assert own._busy_until == until  # or it would name none again
    own._busy_until = clock.monotonic()
    assert write_later("a-1", "a-2") == ["a-1", "a-2"]


@pytest.mark.parametrize("debug", [False, True])
def test_what_goes_apart_goes_by_the_driver(
    hearer: Ear, debug: bool, settings: object, django_assert_num_queries: object
) -> None:
    settings.DEBUG = debug  # type: ignore[attr-defined]
    for number in range(4):
        announcing._by_database.clear()
        # The append, in its BEGIN and COMMIT.
        with django_assert_num_queries(3), transaction.atomic():  # type: ignore[operator]
            append(f"order-{number}", NOTED)
    assert hearer.heard() == [f"order-{number}" for number in range(4)]


def test_schedules_are_announced_each_time_whatever_else_was(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who fires them does not look again and again after a ring."""
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(3):
        append(f"order-{number}", NOTED)
    for _ in range(2):
        event_store.announce(SCHEDULES)
    assert hearer.heard() == ["order-0", "order-1", "", SCHEDULES, SCHEDULES]


def test_delayed_message_is_not_announced(hearer: Ear) -> None:
    enqueue("work", {"n": 1}, delay=5)
    enqueue_many("work", [{"n": 1}], delay=5)
    assert hearer.heard() == []


def test_nothing_is_announced_before_the_commit(hearer: Ear) -> None:
    with transaction.atomic():
        append("order-1", NOTED)
        enqueue("work", {"n": 1})
        assert hearer.heard() == []
    assert hearer.heard() == ["order-1", "$work"]


def test_what_is_rolled_back_is_not_announced(hearer: Ear) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("order-1", NOTED)
        raise ZeroDivisionError
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            append("order-2", NOTED)
            raise ZeroDivisionError
        append("order-3", NOTED)
    assert hearer.heard() == ["order-3"]


def test_announcement_is_a_transaction_of_its_own(hearer: Ear) -> None:
    """A NOTIFY in the writer's would make all commits of the server take turns."""
    with transaction.atomic():
        append("order-1", NOTED)
        ((writer,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    ((after,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    assert hearer.heard() == ["order-1"]
    assert after == writer + 2  # one between them announced it


@pytest.fixture
def only_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be announced but what is sent along with a write."""
    monkeypatch.setattr(relational, "announce", lambda *args: None)


@pytest.mark.usefixtures("only_along")
def test_what_commits_by_itself_takes_its_announcement_along(hearer: Ear) -> None:
    ((before,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    append("order-1", NOTED)
    enqueue("work", {"n": 1})
    ((after,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    assert hearer.heard() == ["order-1", "$work"]
    # Between them come the stream's event, the message, and what announced each.
    assert after >= before + 5  # autovacuum draws from the same numbers
    ((of_event,),) = execute("SELECT xmin::text::bigint FROM eventstreaming_event")
    ((of_message,),) = execute("SELECT xmin::text::bigint FROM eventstreaming_message")
    assert before < of_event < of_message - 1


@pytest.mark.usefixtures("only_along")
def test_message_that_may_have_to_wait_is_not_announced_with_it(hearer: Ear) -> None:
    enqueue("later", {}, delay=5)
    enqueue("group", {}, group_key="a")
    enqueue("once", {}, deduplication_key="a")
    enqueue("first", {}, priority=1)
    assert hearer.heard() == ["$first"]


def test_write_that_fails_beside_its_announcement_raises(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]
    announcing._by_database.clear()
    with pytest.raises(WrongExpectedVersion):
        append("order-1", NOTED, expected_version=5)
    hearer.heard()

    announcing._by_database.clear()
    values = ", ".join(f"%({name})s::text" for name in "abcdef")
    fails = f"SELECT 1 / 0, {values}"
    broken = {"append_any": fails, "notify": relational.statement("notify")}
    with monkeypatch.context() as patched:
        patched.setattr(bound, "statement", broken.__getitem__)
        with pytest.raises(DataError):
            append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]  # somebody looks for nothing
    announcing._by_database.clear()
    append("order-1", NOTED)  # nothing is left in the connection
    assert hearer.heard() == ["order-1"]
    assert execute("SELECT count(*) FROM eventstreaming_event") == [(2,)]


def test_write_on_a_connection_that_has_ended_raises() -> None:
    append("order-1", NOTED)
    announcing._by_database.clear()
    connection.connection.close()
    with pytest.raises(OperationalError):
        append("order-1", NOTED)
    connection.close()
    assert execute("SELECT count(*) FROM eventstreaming_event") == [(1,)]


@pytest.mark.parametrize(
    ("at_commit", "error"),
    [
        ("RAISE EXCEPTION 'no'", DatabaseError),
        ("PERFORM pg_terminate_backend(pg_backend_pid())", OperationalError),
    ],
)
def test_a_write_whose_commit_fails_raises_though_its_rows_have_come(
    hearer: Ear, at_commit: str, error: type[Exception]
) -> None:
    append("order-1", NOTED)
    execute(
        "CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {at_commit}; RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON eventstreaming_event "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_at_commit()"
    )
    try:
        announcing._by_database.clear()
        with pytest.raises(error):
            append("order-1", NOTED)
    finally:
        connection.close()
        execute("DROP FUNCTION fail_at_commit CASCADE")
    announcing._by_database.clear()
    assert append("order-1", NOTED)[0].offset == 1
    assert len(list(read_stream("order-1"))) == 2


def test_announcement_does_not_wait_for_the_disk() -> None:
    append("order-1", NOTED)
    assert execute("SHOW synchronous_commit") == [("on",)]
    text = relational.statement("notify")
    with transaction.atomic():
        execute(text, {"topic": "x"})
        assert execute("SHOW synchronous_commit") == [("off",)]
    assert execute("SHOW synchronous_commit") == [("on",)]


def test_queries_of_a_caller_are_counted_without_it(
    hearer: Ear, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]


def test_failed_announcement_is_nobodys_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = relational.statement

    def broken(name: str) -> str:
        return "SELECT 1 / 0" if name == "notify" else real(name)

    monkeypatch.setattr(relational, "statement", broken)
    monkeypatch.setattr(bound, "statement", broken)
    (event,) = append("order-1", NOTED)
    assert event.offset == 0
    with transaction.atomic():
        append("order-2", NOTED)
    assert execute("SELECT count(*) FROM eventstreaming_event") == [(2,)]
    assert caplog.records == []


def test_manual_transactions_announce_nothing_and_work(hearer: Ear) -> None:
    transaction.set_autocommit(False)
    try:
        append("order-1", NOTED)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert hearer.heard() == []


def test_transactions_begun_by_hand_announce_nothing_and_stay_durable(
    hearer: Ear,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        append("order-1", NOTED)
        enqueue("work", {"n": 1})
        assert execute("SHOW synchronous_commit") == [("on",)]
        cursor.execute("COMMIT")
    assert hearer.heard() == []
    append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]


@pytest.mark.parametrize("threshold", [None, 1_000], ids=["along", "apart"])
def test_nobody_relies_on_a_write_that_fails(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch, threshold: int | None
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    append("order-1", NOTED)
    monkeypatch.setattr(connection.connection, "prepare_threshold", threshold)
    execute("SET lock_timeout = 50")
    hearer.heard()
    announcing._by_database.clear()
    with sessions(1) as (holder,):
        holder.begin()
        holder.run(append, "order-1", NOTED)
        with pytest.raises(OperationalError):
            append("order-1", NOTED)
        holder.commit()
    connection.close()
    assert hearer.heard() == ["order-1"]


def test_nobody_relies_on_a_write_that_waits() -> None:
    own = announcing.announcements(connection.alias)
    assert own.choose_itself("order-1")
    assert not own.choose_itself("order-1")
    assert own.quiet_until("order-1") < clock.monotonic()
    assert own.choose("order-1") == "order-1"
    assert own.choose("order-1") is None
    own.settle("order-1", was_sent=False)
    assert own.choose("order-2") == "order-2"
    assert not own.choose_itself("order-3")  # the next is that anything has changed


def test_write_that_never_ends_keeps_nobody_quiet_for_ever() -> None:
    own = announcing.Announcements()
    with clock.use_clock(clock.SimulatedClock()):
        assert own.choose_itself("order-1")
        clock.sleep(announcing.LONGEST - 1)
        assert not own.choose_itself("order-1")
        clock.sleep(1)
        assert own.choose_itself("order-1")


def test_option_turns_it_off(hearer: Ear, settings: object) -> None:
    options = {"default": {"OPTIONS": {"notify": False}}}
    settings.EVENT_STORES = options  # type: ignore[attr-defined]
    event_stores.forget()
    try:
        append("order-1", NOTED)
        enqueue("work", {"n": 1})
        assert hearer.heard() == []
    finally:
        event_stores.forget()


class InsideATestCase(TestCase):
    def test_hooks_that_a_test_runs_announce_nothing(self) -> None:
        with ear() as hearer:
            with self.captureOnCommitCallbacks(execute=True) as callbacks:
                append("order-1", NOTED)
            assert len(callbacks) == 1
            assert connection.in_atomic_block
            assert hearer.heard() == []


def test_what_is_to_be_prepared_is_announced_behind_until_it_is(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psycopg prepares what it executes itself, so at first nothing is sent along."""
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", 2)
    sent = mock.Mock(wraps=Together.run)
    monkeypatch.setattr(Together, "run", lambda self: sent(self))
    for number in range(5):
        announcing._by_database.clear()
        append("order-1", NOTED)
        assert hearer.heard() == ["order-1"]
        assert sent.call_count == max(0, number - 2)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("order-2", NOTED)
        raise ZeroDivisionError  # psycopg forgets what is prepared
    announcing._by_database.clear()
    append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]
    assert sent.call_count == 2
