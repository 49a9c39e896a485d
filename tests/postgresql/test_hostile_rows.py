"""Rows that somebody wrote by hand: they stop nobody who reads the others."""

import pytest

from eventstreaming import EventData, append, dequeue, read_all, read_stream
from eventstreaming.exceptions import UnknownEventType
from eventstreaming.models import Stream
from tests.sessions import execute

pytestmark = pytest.mark.django_db

DIGITS = "1" + "0" * 5000


def test_event_with_an_endless_number_is_read_with_the_others() -> None:
    append("orders", EventData("Placed", {}))
    stream = Stream.objects.get()
    execute(
        'INSERT INTO eventstreaming_event (stream_id, category, "offset", bucket, '
        "event_type, event_id, data, metadata) "
        "VALUES (%s, 'orders', 1, 0, 'os.system', gen_random_uuid(), %s, '{}')",
        [stream.pk, f'{{"n": {DIGITS}}}'],
    )
    execute("UPDATE eventstreaming_stream SET next_offset = 2")
    append("orders", EventData("Placed", {}))

    assert [event.offset for event in read_stream("orders")] == [0, 1, 2]
    hostile = list(read_all())[1]
    assert hostile.data["n"] == 10**5000
    with pytest.raises(UnknownEventType, match=r"os\.system"):
        _ = hostile.payload


@pytest.mark.parametrize("text", [f"[{DIGITS}]", "[1e400]", '{"a": 1, "a": 2}'])
def test_message_that_no_store_would_write_is_delivered(text: str) -> None:
    execute(
        "INSERT INTO eventstreaming_message (queue, data) VALUES ('odd', %s)", [text]
    )
    message = dequeue("odd")
    assert message is not None
    assert message.payload
    message.acknowledge()
