"""A message whose time has come is delivered, however long the queue is."""

import time

import pytest

from eventstreaming import dequeue_many, enqueue, enqueue_many

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
