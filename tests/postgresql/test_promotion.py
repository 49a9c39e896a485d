"""A message whose time has come is delivered, however long the queue is."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstreaming import (
    Message,
    dequeue_many,
    enqueue,
    enqueue_many,
    event_store,
)
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.postgresql.lanes import LOOK_AT_MOST_EVERY, lanes_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_due_message_does_not_wait_until_a_backlog_is_done() -> None:
    enqueue("busy", {"late": True}, delay=0.1, priority=1)
    enqueue_many("busy", [{"late": False}] * 5_000)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        (message,) = dequeue_many("busy", 1, 60)
        if message.data["late"]:
            return
        time.sleep(0.01)
    pytest.fail("the delayed message was passed over for 10 seconds")


def test_worker_without_work_claims_before_it_looks_for_due_messages() -> None:
    assert not claimed()
    lanes_of("default", "calm").expect(0)
    time.sleep(LOOK_AT_MOST_EVERY * 1.5)
    enqueue("calm", {})
    with CaptureQueriesContext(connection) as first:
        assert claimed()
    with CaptureQueriesContext(connection) as second:
        assert not claimed()
    with CaptureQueriesContext(connection) as third:
        assert not claimed()
    assert looks_among(first) == [False]
    assert looks_among(second)[:2] == [True, False]
    assert not any(looks_among(third))


def test_due_message_is_found_by_the_claim_that_looks_for_it() -> None:
    assert not claimed()
    enqueue("calm", {}, delay=0.01)
    time.sleep(0.05)
    assert claimed()


def claimed() -> list[Message]:
    return event_store.claim_many({"calm": LeaseTerms(None, None)}, 5)


def looks_among(queries: CaptureQueriesContext) -> list[bool]:
    return ["WITH promoted" in query["sql"] for query in queries]
