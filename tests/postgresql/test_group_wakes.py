"""Groups go on though a wake-up is lost, and cost the same however many there are."""

import pytest
from django.db import connection

from eventstreaming import dequeue, dequeue_many, enqueue, enqueue_many, event_store
from eventstreaming.backends.postgresql.lanes import lanes_of
from eventstreaming.models import Message
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)


def test_message_enqueued_while_the_one_before_it_goes_is_woken() -> None:
    enqueue("work", {"n": 1}, group_key="ann")
    first = dequeue("work", 60)
    assert first is not None
    with sessions(1) as (producer,):
        producer.begin()
        producer.run(enqueue, "work", {"n": 2}, group_key="ann")
        first.acknowledge()  # sees nobody to wake
        producer.commit()
    second = dequeue("work", 60)
    assert second is not None
    assert second.data == {"n": 2}


def test_group_is_swept_when_its_producer_died_after_the_commit() -> None:
    for key in ("ann", "bob"):
        enqueue_many("work", [{"n": 1}, {"n": 2}], group_key=key)
    execute("DELETE FROM eventstreaming_message WHERE state = 0")  # and wakes nobody
    assert dequeue_many("work", 10, 60) == []
    lanes = lanes_of("default", "work")
    lanes.sweep_at = 0
    found = dequeue_many("work", 10, 60)
    assert [message.data["n"] for message in found] == [2, 2]
    assert lanes.sweep_at > 0


def test_groups_are_swept_by_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    claiming = "eventstreaming.backends.postgresql.claiming"
    monkeypatch.setattr(f"{claiming}.SWEEP_PAGE", 2)
    for key in "abcde":
        enqueue_many("work", [{"n": 1}, {"n": 2}], group_key=key)
    execute("DELETE FROM eventstreaming_message WHERE state = 0")
    lanes_of("default", "work").sweep_at = 0
    counts = [len(dequeue_many("work", 10, 60)) for _ in range(4)]
    assert counts == [2, 2, 1, 0]


def test_caller_that_commits_by_hand() -> None:
    enqueue_many("work", [{"n": 1}, {"n": 2}], group_key="ann")
    first = dequeue("work", 60)
    assert first is not None
    connection.set_autocommit(False)
    try:
        enqueue("work", {"n": 3}, group_key="ann")
        first.acknowledge()
        event_store.redrive("work")
        connection.commit()
    finally:
        connection.set_autocommit(True)
    second = dequeue("work", 60)
    assert second is not None
    second.nack(delay=0)
    assert Message.objects.filter(queue="work").count() == 2


@pytest.mark.parametrize("analysed", [False, True])
def test_claim_looks_at_no_other_groups(analysed: bool) -> None:
    execute(
        "INSERT INTO eventstreaming_message (queue, group_key, data) "
        "SELECT 'work', 'group-' || n, '{}' FROM generate_series(1, 2000) AS n"
    )
    if analysed:
        execute("ANALYZE eventstreaming_message")
    assert len(dequeue_many("work", 10, 60)) == 10
    before = rows_read()
    assert len(dequeue_many("work", 10, 60)) == 10
    assert rows_read() - before < 500


def rows_read() -> int:
    """Count the entries that were read of all indexes of messages."""
    execute("SELECT pg_stat_force_next_flush()")
    execute("SELECT pg_stat_clear_snapshot()")
    ((count,),) = execute(
        "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes "
        "WHERE relname = 'eventstreaming_message'"
    )
    return int(count)
