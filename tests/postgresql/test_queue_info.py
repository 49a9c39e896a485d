"""Counts of a queue: exact while there are few, estimated beyond."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstreaming import dequeue_many, enqueue, enqueue_many, queue_info
from eventstreaming.backends import event_stores
from tests.sessions import execute

pytestmark = pytest.mark.django_db

FILL = """
INSERT INTO eventstreaming_message (queue, data, state, due_at, group_key, rank)
SELECT CASE WHEN n % 4 = 0 THEN 'big' ELSE 'other' END, '{"n": 1}', state,
       CASE WHEN state = 1 THEN now() + interval '1 day' END,
       CASE WHEN state = 2 THEN 'key' END, 0
  FROM (SELECT n, n / 4 % 3 AS state FROM generate_series(1, 240000) AS n) AS numbers
"""
DEAD = """
INSERT INTO eventstreaming_deadletter (id, queue, data, enqueued_at, lease, deliveries,
                                       attempts, reason)
SELECT n, 'big', '{}', now(), 1, 1, 1, 'rejected' FROM generate_series(1, 60000) AS n
"""


def test_many_messages_are_estimated_from_a_sample() -> None:
    execute(FILL)
    execute(DEAD)
    enqueue_many("small", [{"n": 1}] * 7)
    info = queue_info("big")
    assert info.estimated == ("ready", "in_flight", "delayed", "blocked", "dead")
    for count in (info.ready, info.delayed, info.blocked):
        assert 12_000 < count < 28_000  # of 20,000
    assert 36_000 < info.dead < 84_000  # of 60,000
    assert info.in_flight == 0
    exact = queue_info("big", exact=True)
    assert (exact.ready, exact.delayed, exact.blocked) == (20_000,) * 3
    assert (exact.dead, exact.estimated, exact.exact) == (60_000, (), True)
    small = queue_info("small")
    assert (small.ready, small.estimated) == (7, ())


def test_estimate_is_never_below_what_was_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("eventstreaming.backends.postgresql.counting.COUNT_BOUND", 5)
    execute(FILL.replace("240000", "40000"))
    enqueue_many("rare", [{"n": 1}] * 9)
    dequeue_many("rare", 3)
    for _ in range(3):
        info = queue_info("rare")
        assert info.ready >= 3
        assert info.in_flight >= 3
        assert info.estimated == ("ready", "in_flight")


def test_oldest_message_may_have_the_lowest_priority(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("eventstreaming.backends.postgresql.counting.COUNT_BOUND", 5)
    enqueue("mail", {"n": 0}, priority=-7)
    execute("UPDATE eventstreaming_message SET enqueued_at = now() - interval '1 hour'")
    for priority in range(3):
        enqueue_many("mail", [{"n": 1}] * 10, priority=priority)
    assert (queue_info("mail").oldest_age or 0) > 3_500


def test_queues_of_a_list_share_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = "eventstreaming.backends.postgresql.counting"
    monkeypatch.setattr(f"{counting}.LIST_BOUND", 12)
    monkeypatch.setattr(f"{counting}.LEAST", 3)
    for name in ("few", "many", "some"):
        enqueue_many(name, [{"n": 1}] * (9 if name == "many" else 3))
    with CaptureQueriesContext(connection) as queries:
        infos = event_stores["default"].queue_infos(["few", "many", "some"])
    assert [info.estimated for info in infos] == [(), ("ready", "in_flight"), ()]
    assert (infos[0].ready, infos[2].ready) == (3, 3)
    assert infos[1].ready >= 4  # what was counted; more is the luck of the sample
    assert len(queries) == 1
    assert queue_info("many").exact
