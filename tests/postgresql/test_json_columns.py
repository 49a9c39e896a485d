"""What the ORM reads from the JSON columns is what was written."""

import pytest

from eventstreaming import EventData, append, dead_letters, dequeue, enqueue
from eventstreaming.models import DeadLetter, Event, Message
from tests.sessions import execute

pytestmark = pytest.mark.django_db

VALUES = ["123", "null", "[1]", '"', None, 0, {"b": 1, "a": [True, None]}, [], ""]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_comes_back_as_it_was_written(value: object) -> None:
    enqueue("q", EventData("X", value))
    append("s", EventData("X", value))
    assert Message.objects.get().data == value
    assert Event.objects.get().data == value

    message = dequeue("q")
    assert message is not None
    message.nack(dead_letter=True)
    assert DeadLetter.objects.get().data == value
    assert dead_letters("q")[0].data == value


# To Django's JSONField a plain None is NULL.
@pytest.mark.parametrize("value", [v for v in VALUES if v is not None], ids=repr)
def test_value_that_the_orm_writes_is_delivered(value: object) -> None:
    Message.objects.create(queue="q", data=value)
    message = dequeue("q")
    assert message is not None
    assert message.data == value


def test_key_order_of_messages_is_kept() -> None:
    enqueue("q", {"bb": 1, "a": 2})
    assert list(Message.objects.get().data) == ["bb", "a"]
    assert execute("SELECT data::text FROM eventstreaming_message") == [
        ('{"bb":1,"a":2}',)
    ]
