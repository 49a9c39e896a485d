"""Checks of leased messages that every store shares."""

from collections.abc import Iterable

from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.types import Message


def leased(
    messages: Iterable[Message], stream_name: str | None = None
) -> list[Message]:
    """Check a collection of leased messages, of one queue if it is named."""
    if isinstance(messages, Message) or not isinstance(messages, Iterable):
        raise InvalidType("messages", "must be a collection of Message")
    result = list(messages)
    for index, message in enumerate(result):
        if not isinstance(message, Message):
            raise InvalidType(
                f"messages[{index}]", f"must be a Message, not {type(message).__name__}"
            )
        if stream_name is not None and message.stream_name != stream_name:
            raise InvalidValue(f"messages[{index}]", "belongs to another queue")
    return result
