"""What a process announces along with a write, in one round trip."""

from dataclasses import dataclass
from unittest import mock

import pytest
from django.db import (
    DatabaseError,
    DataError,
    OperationalError,
    connection,
    transaction,
)

from eventstreaming import EventData, append, clock, enqueue, read_stream
from eventstreaming.backends import relational
from eventstreaming.backends.postgresql import bound
from eventstreaming.backends.postgresql.together import Together
from eventstreaming.backends.waking import announcing
from eventstreaming.backends.waking.topics import ANYTHING
from eventstreaming.exceptions import WrongExpectedVersion
from tests.sessions import execute, sessions
from tests.waking.listeners import Ear

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("quiet_process"),
]

NOTED = EventData("Noted", {})


@dataclass(frozen=True)
class Settled:
    number: int


@pytest.fixture
def only_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be announced but what is sent along with a write."""
    monkeypatch.setattr(relational, "announce", lambda *args: None)


@pytest.mark.usefixtures("only_along")
@pytest.mark.parametrize("event", [NOTED, Settled(7)], ids=["given", "record"])
def test_what_commits_by_itself_takes_its_announcement_along(
    hearer: Ear, event: object
) -> None:
    ((before,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    append("order-1", event)
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


def test_what_is_asked_for_at_each_write_is_what_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    alias = connection.alias
    assert announcing.announced_until(alias, "order-1") < clock.monotonic()
    own = announcing.announcements(alias)
    for topic in ("order-1", "order-2", ANYTHING):
        assert announcing.announced_until(alias, "order-3") < clock.monotonic()
        assert own.choose(topic) in (topic, ANYTHING)
        until = announcing.announced_until(alias, topic)
        assert until == own.quiet_until(topic) > clock.monotonic() + 30
    assert announcing.announced_until(alias, "order-3") == until


def test_nobody_relies_on_a_write_that_waits() -> None:
    own = announcing.announcements(connection.alias)
    assert own.choose_along("order-1") == "order-1"
    assert own.choose_along("order-1") is None
    assert own.quiet_until("order-1") < clock.monotonic()
    assert own.choose("order-1") == "order-1"
    assert own.choose("order-1") is None
    own.settle("order-1", was_sent=False)
    assert own.choose("order-2") == "order-2"
    assert own.choose_along("order-3") == ANYTHING
    assert own.choose_along("order-4") is None
    assert own.choose("order-4") == ANYTHING


def test_announcement_counts_from_the_beginning_of_its_write() -> None:
    """The server may have sent it as soon, and who hears it looks for a while only."""
    own = announcing.Announcements()
    with clock.use_clock(clock.SimulatedClock()):
        chosen = own.choose_along("order-1")
        assert chosen is not None
        clock.sleep(announcing.WINDOW * 0.75)
        own.settle(chosen, was_sent=True)
        assert own.choose("order-1") is None
        clock.sleep(announcing.WINDOW * 0.25)
        assert own.choose("order-1") == "order-1"


def test_write_that_never_ends_keeps_nobody_quiet_for_ever() -> None:
    own = announcing.Announcements()
    with clock.use_clock(clock.SimulatedClock()):
        assert own.choose_along("order-1")
        clock.sleep(announcing.LONGEST_WRITE - 1)
        assert not own.choose_along("order-1")
        clock.sleep(1)
        assert own.choose_along("order-1")


@pytest.mark.usefixtures("only_along")
def test_process_that_writes_to_many_streams_takes_along_that_anything_changed(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(30):
        append(f"order-{number}", NOTED)
    assert hearer.heard() == ["order-0", "order-1", ANYTHING]
