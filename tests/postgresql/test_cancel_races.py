"""A message is cancelled while its holder commits, or gives it up."""

import pytest

from eventstreaming import Message, cancel, dead_letters, dequeue, enqueue
from eventstreaming.exceptions import MessageNotFound
from tests.postgresql.test_fence import wait_until_blocked
from tests.sessions import Session, sessions

pytestmark = pytest.mark.django_db(transaction=True)


def held_in_a_transaction(holder: Session) -> Message:
    """Acknowledge a message in a transaction that has not ended."""
    enqueue("calls", {})
    message = holder.run(dequeue, "calls", 60)
    assert message is not None
    holder.begin()
    holder.run(message.acknowledge)
    return message


def test_cancel_waits_for_an_answer_that_is_about_to_commit() -> None:
    with sessions(2) as (holder, operator):
        message = held_in_a_transaction(holder)
        waiting = operator.start(cancel, "calls", message.message_id)
        wait_until_blocked()
        holder.commit()
        with pytest.raises(MessageNotFound):
            waiting.result(timeout=10)
    assert dead_letters("calls") == []


def test_answer_that_is_taken_back_leaves_a_message_that_is_cancelled() -> None:
    with sessions(2) as (holder, operator):
        message = held_in_a_transaction(holder)
        waiting = operator.start(cancel, "calls", message.message_id)
        wait_until_blocked()
        holder.rollback()
        assert waiting.result(timeout=10) is False
        assert holder.run(message.nack, delay=0) is False
    assert [letter.reason for letter in dead_letters("calls")] == ["cancelled"]


def test_cancel_that_is_rolled_back_has_not_happened() -> None:
    with sessions(1) as (operator,):
        number = enqueue("calls", {})
        operator.begin()
        assert operator.run(cancel, "calls", number) is True
        assert dequeue("calls") is None  # it is locked
        operator.rollback()
    message = dequeue("calls", wait=5)
    assert message is not None
    assert message.nack(delay=0) is True
