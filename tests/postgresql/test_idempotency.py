"""Two calls with one key, each in a transaction that takes its time."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError

from eventstreaming import EventData, append, create_stream, read_stream
from eventstreaming.models import IdempotencyKey
from eventstreaming.operations.retention import prune_streams
from tests.sessions import Session, execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)

PAID = EventData("Paid", {"amount": 1})


@pytest.fixture(params=[False, True], ids=["serial", "concurrent"])
def stream(request: pytest.FixtureRequest) -> str:
    create_stream("payments", concurrent=request.param)
    return "payments"


@pytest.fixture
def pair() -> Iterator[list[Session]]:
    with sessions(2) as opened:
        yield opened


def pay(stream: str) -> list[int]:
    return [event.position for event in append(stream, PAID, idempotency_key="k")]


def test_second_call_waits_and_returns_the_first_result(
    stream: str, pair: list[Session]
) -> None:
    first, second = pair
    first.begin()
    written = first.run(pay, stream)
    waiting = second.start(pay, stream)
    wait_until_blocked()
    first.commit()
    assert waiting.result(timeout=10) == written
    assert len(list(read_stream(stream))) == 1


def test_second_call_appends_when_the_first_rolls_back(
    stream: str, pair: list[Session]
) -> None:
    first, second = pair
    first.begin()
    first.run(pay, stream)
    waiting = second.start(pay, stream)
    wait_until_blocked()
    first.rollback()
    written = waiting.result(timeout=10)
    assert [event.position for event in read_stream(stream)] == written


def test_append_without_a_key_before_one_with_it_is_no_deadlock(
    pair: list[Session],
) -> None:
    """The head is locked before the key, always."""
    first, second = pair
    create_stream("payments")
    first.begin()
    first.run(append, "payments", PAID)
    waiting = second.start(pay, "payments")
    wait_until_blocked()
    written = first.run(pay, "payments")
    first.commit()
    assert waiting.result(timeout=10) == written


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_key_that_came_after_the_snapshot_is_a_conflict_of_the_database(
    stream: str, pair: list[Session], level: str
) -> None:
    first, _ = pair
    first.begin()
    first.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    first.execute("SELECT 1 FROM eventstreaming_stream")
    pay(stream)
    with pytest.raises(OperationalError) as caught:
        first.run(pay, stream)
    assert getattr(caught.value.__cause__, "sqlstate", "") == "40001"
    first.rollback()
    assert len(list(read_stream(stream))) == 1


def test_pruning_forgets_keys_after_seven_days(stream: str) -> None:
    pay(stream)
    append(stream, PAID, idempotency_key="fresh")
    execute(
        "UPDATE eventstreaming_idempotencykey "
        "SET created_at = now() - interval '7 days 1 second' WHERE key = 'k'"
    )
    assert prune_streams(dry_run=True).keys == 0
    assert prune_streams([stream]).keys == 0
    assert prune_streams().keys == 1
    assert [row.key for row in IdempotencyKey.objects.all()] == ["fresh"]


def wait_until_blocked() -> None:
    """Wait until some session waits for another."""
    for _ in range(200):
        blocked = execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE cardinality(pg_blocking_pids(pid)) > 0"
        )
        if blocked[0][0]:
            return
        execute("SELECT pg_sleep(0.02)")
    raise AssertionError("the second session does not wait")
