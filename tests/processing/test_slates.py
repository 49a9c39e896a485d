"""What is known of a dead worker's messages."""

import os
from contextlib import closing

from eventstreaming import Message, clock
from eventstreaming.processing.slates import SLOTS, SharedSlate, Slate


def message(number: object, lease: int = 1) -> Message:
    return Message(
        stream_name="work",
        message_id=str(number),
        message_type="",
        schema_version=1,
        data={},
        headers={},
        receipt=f"{number}.{lease}",
        fencing_token=lease,
        priority=0,
        group_key=None,
        deliveries=1,
        attempts=0,
        enqueued_at=clock.now(),
        visible_until=clock.now(),
        correlation_id=None,
        store=None,
    )


def test_what_was_begun_and_not_answered_is_read_by_another() -> None:
    with closing(SharedSlate()) as shared:
        slate = Slate()
        slate.share(os.dup(shared.fileno()))
        assert shared.begun() == []
        messages = [message(2**62 + n) for n in range(3)]
        for one in messages:
            slate.begin(one)
        slate.end(messages[:1])
        slate.end([message(9)])  # was never begun
        assert sorted(shared.begun() or []) == [m.message_id for m in messages[1:]]
        # The same message under a later lease is another delivery.
        slate.begin(message(messages[1].message_id, lease=2))
        slate.end(messages[1:2])
        assert messages[1].message_id in (shared.begun() or [])


def test_too_many_are_not_known() -> None:
    slate = Slate()
    for number in range(SLOTS):
        slate.begin(message(number + 1))
    assert len(slate.begun() or []) == SLOTS
    slate.begin(message(SLOTS + 1))
    assert slate.begun() is None


def test_ids_of_another_kind_are_not_known() -> None:
    slate = Slate()
    slate.begin(message("a-word"))
    assert slate.begun() is None
