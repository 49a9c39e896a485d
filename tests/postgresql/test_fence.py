"""The low-water fence: what readers may see while transactions are open."""

from collections.abc import Iterator

import pytest
from django.db import DataError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from eventstreaming import EventData, append, event_store, read_all, read_category
from eventstreaming.exceptions import UnsafeIsolation
from eventstreaming.operations.status import store_status
from tests.sessions import Session, execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

SEQUENCE = "eventstreaming_event_position_seq"
TABLE = "eventstreaming_event"


def happened(number: int = 0) -> EventData:
    return EventData("Happened", {"number": number})


def positions() -> list[int]:
    return [event.position for event in read_all()]


def restart_positions(at: int = 1) -> None:
    execute(f"ALTER SEQUENCE {SEQUENCE} RESTART WITH {at}")


class SlowSession(Session):
    """One whose transactions are no longer young when they append."""

    def begin(self) -> None:
        super().begin()
        self.execute("SELECT pg_sleep(0.005)")


@pytest.fixture(params=[Session, SlowSession])
def writer(request: pytest.FixtureRequest) -> Iterator[Session]:
    session: Session = request.param()
    try:
        session.begin()
        session.run(append, "warm", happened())  # it knows the functions now
        session.rollback()
        yield session
    finally:
        session.close()


def test_fence_of_an_unused_store_is_zero() -> None:
    restart_positions()
    assert event_store.fence() == 0
    assert positions() == []


def test_very_first_event_holds_the_fence_until_it_commits(writer: Session) -> None:
    restart_positions()
    writer.begin()
    writer.run(append, "first", happened())
    append("second", happened())

    assert event_store.fence() == 0
    assert positions() == []

    writer.commit()
    assert positions() == [1, 2]


def test_rollback_frees_the_fence_and_leaves_a_gap(writer: Session) -> None:
    restart_positions()
    writer.begin()
    writer.run(append, "first", happened())
    append("second", happened())
    writer.rollback()

    assert event_store.fence() == 2
    assert positions() == [2]


def test_later_event_waits_for_the_earlier_open_one(writer: Session) -> None:
    append("before", happened())
    known = positions()
    writer.begin()
    writer.run(append, "slow", happened())
    append("fast", happened())

    assert positions() == known

    writer.commit()
    assert len(positions()) == len(known) + 2


def test_category_is_read_below_the_fence(writer: Session) -> None:
    writer.begin()
    writer.run(append, "other-1", happened())
    append("order-1", happened())
    assert list(read_category("order")) == []
    writer.commit()
    assert len(list(read_category("order"))) == 1


def test_transaction_reads_what_it_wrote_itself(writer: Session) -> None:
    def write_and_read() -> int:
        with transaction.atomic():
            append("mine", happened())
            return len(positions())

    assert writer.run(write_and_read) == 1


def test_savepoint_rollback_drops_the_marker_and_the_next_append_sets_it_again(
    writer: Session,
) -> None:
    restart_positions()
    writer.begin()
    writer.begin()
    writer.run(append, "inner", happened())
    assert event_store.fence() == 0
    writer.rollback()
    assert event_store.fence() == 1

    writer.run(append, "outer", happened())
    append("other", happened())
    assert event_store.fence() == 1
    assert positions() == []

    writer.commit()
    assert positions() == [2, 3]


def test_marker_of_an_outer_append_survives_an_inner_rollback(writer: Session) -> None:
    restart_positions()
    writer.begin()
    writer.run(append, "outer", happened())
    writer.begin()
    writer.run(append, "inner", happened())
    writer.rollback()
    append("other", happened())
    assert event_store.fence() == 0
    writer.commit()
    assert positions() == [1, 3]


@pytest.mark.parametrize("ahead", [1, 5, 1000])
def test_marker_above_the_last_position_does_not_lower_the_fence(
    writer: Session, ahead: int
) -> None:
    append("one", happened())
    last = event_store.fence()
    writer.begin()
    writer.execute(
        f"SELECT pg_advisory_xact_lock_shared('{TABLE}'::regclass::oid::int, %s)",
        [last + ahead],
    )
    assert event_store.fence() == last


@pytest.mark.parametrize("start", [2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40])
def test_fence_holds_where_positions_pass_32_bits(writer: Session, start: int) -> None:
    restart_positions(start)
    append("one", happened())
    writer.begin()
    writer.run(append, "open", happened())
    append("two", happened())

    assert event_store.fence() == start
    assert positions() == [start]

    writer.commit()
    assert positions() == [start, start + 1, start + 2]


def test_writer_that_waits_for_a_head_does_not_hold_the_fence(writer: Session) -> None:
    append("hot", happened())
    with sessions(1) as (waiting,):
        writer.begin()
        writer.run(append, "hot", happened(1))
        future = waiting.start(append, "hot", happened(2))
        wait_until_blocked()
        assert markers() == 1
        writer.commit()
        future.result(timeout=10)
    assert [event.data["number"] for event in read_all()] == [0, 1, 2]


def test_a_mark_is_not_noted_in_a_young_transaction_only(writer: Session) -> None:
    append("crowd", happened())
    writer.begin()
    first = writer.run(append, "crowd", happened())
    writer.execute("SELECT pg_sleep(0.005)")
    writer.run(append, "crowd", happened())
    marked = markers()
    assert marked <= 2
    for _ in range(3):
        append("other", happened())
        writer.run(append, "crowd", happened())
    assert markers() == marked
    assert event_store.fence() == first[0].position - 1


def test_marks_of_one_long_statement_leave_room_for_other_locks(
    writer: Session,
) -> None:
    append("crowd", happened())
    before = event_store.fence()
    writer.begin()
    writer.execute(
        "SELECT count(eventstreaming_append_any_v2("
        "'crowd', gen_random_uuid(), 'Happened', 1::int2, 0::int2, '{}')) "
        "FROM generate_series(1, 5000)"
    )
    assert 1 <= markers() < 200
    append("other", happened())
    assert event_store.fence() == before
    (holder,) = store_status().fence.holders
    assert holder.position == before


def test_cursor_that_fails_in_a_savepoint_takes_no_mark_along(writer: Session) -> None:
    """What it has appended before the savepoint is still to come."""
    append("crowd", happened())
    before = event_store.fence()
    writer.begin()
    writer.execute(
        "DECLARE appending CURSOR FOR SELECT 1 / (2 - n), eventstreaming_append_any_v2("
        "'crowd', gen_random_uuid(), 'Happened', 1::int2, 0::int2, '{}') "
        "FROM generate_series(1, 3) AS n"
    )
    writer.execute("FETCH 1 FROM appending")
    writer.begin()
    with pytest.raises(DataError):
        writer.execute("FETCH 1 FROM appending")
    writer.rollback()
    append("other", happened())
    assert event_store.fence() == before
    writer.commit()
    assert len(positions()) == 3


def test_clock_that_was_set_back_makes_no_transaction_young(writer: Session) -> None:
    """A transaction that began in the future marks once, and notes it."""
    execute("CREATE SCHEMA later")
    execute(
        "CREATE FUNCTION later.transaction_timestamp() RETURNS timestamptz STABLE "
        "LANGUAGE sql AS $$ SELECT pg_catalog.now() + interval '1 hour' $$"
    )
    try:
        append("crowd", happened())
        writer.begin()
        writer.execute("SET LOCAL search_path = later, public, pg_catalog")
        for _ in range(3):
            append("other", happened())
            writer.run(append, "crowd", happened())
        assert markers() == 1
        writer.commit()
    finally:
        execute("DROP SCHEMA later CASCADE")


def test_events_written_by_orm_and_copy_are_marked(writer: Session) -> None:
    stream = append("copied", happened())[0]
    columns = (
        'stream_id, category, "offset", bucket, event_type, event_id, data, metadata'
    )
    (stream_id,) = execute(
        "SELECT id FROM eventstreaming_stream WHERE name = 'copied'"
    )[0]

    def copy() -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {TABLE} ({columns}) FROM STDIN") as target,
        ):
            target.write_row(
                (stream_id, "copied", 1, 0, "X", stream.event_id.hex[::-1], "{}", "{}")
            )

    writer.begin()
    writer.run(copy)
    append("other", happened())
    assert positions() == [stream.position]
    writer.commit()
    assert len(positions()) == 3


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_reading_inside_an_old_snapshot_is_refused(level: str) -> None:
    append("one", happened())
    with transaction.atomic():
        execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        with pytest.raises(UnsafeIsolation, match=level.lower()):
            next(read_all())
        with pytest.raises(UnsafeIsolation):
            next(read_category("one"))
        assert execute("SELECT 1") == [(1,)]


def test_unrelated_writer_does_not_hold_the_fence(writer: Session) -> None:
    writer.begin()
    writer.execute("CREATE TEMPORARY TABLE unrelated AS SELECT 1 AS x")
    append("one", happened())
    assert len(positions()) == 1


@pytest.fixture
def other_schema() -> Iterator[None]:
    """The same tables once more, in a schema of their own."""
    execute("CREATE SCHEMA other")
    execute("SET search_path = other")
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("eventstreaming"))
        execute("RESET search_path")
        yield
    finally:
        execute("RESET search_path")
        execute("DROP SCHEMA other CASCADE")


@pytest.mark.usefixtures("other_schema")
def test_schemas_do_not_hold_each_others_fence(writer: Session) -> None:
    restart_positions()
    writer.begin()
    writer.execute("SET LOCAL search_path = other")
    writer.run(append, "there", happened())
    append("here", happened())
    assert positions() == [1]


@pytest.mark.usefixtures("other_schema")
def test_transaction_that_writes_in_two_schemas_is_marked_in_both(
    writer: Session,
) -> None:
    restart_positions()
    writer.begin()
    writer.run(append, "here", happened())
    writer.execute("SET LOCAL search_path = other")
    writer.run(append, "there", happened())
    append("here-2", happened())
    assert positions() == []
    assert execute("SELECT other.eventstreaming_fence_v1()") == [(0,)]


def markers() -> int:
    return execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
        f"AND classid = '{TABLE}'::regclass::oid"
    )[0][0]


def wait_until_blocked() -> None:
    for _ in range(200):
        blocked = execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE cardinality(pg_blocking_pids(pid)) > 0"
        )
        if blocked[0][0]:
            return
        execute("SELECT pg_sleep(0.02)")
    raise AssertionError("no session waits for another")
