"""What a handler is given at this moment, carried by a context variable."""

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any

from eventstreaming.types import Message, StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """
    The message or event that is being handled; all None outside of handlers.

    `attempt` counts from 1. It is not known of a subscription's events.
    """

    queue: str | None = None
    message_id: str | None = None
    attempt: int | None = None
    subscription: str | None = None
    stream_name: str | None = None
    offset: int | None = None
    event_id: str | None = None


_NOTHING = Handling()
# What was given, as it is: most handlers never ask.
_current: ContextVar[Message | tuple[str | None, StoredEvent] | None] = ContextVar(
    "eventstreaming_handling", default=None
)


def current_handling() -> Handling:
    """Return what the handler was given that runs in this thread or task."""
    current = _current.get()
    if current is None:
        return _NOTHING
    if isinstance(current, Message):
        return Handling(
            queue=current.stream_name,
            message_id=current.message_id,
            attempt=current.attempts + 1,
        )
    subscription, event = current
    return Handling(
        subscription=subscription,
        stream_name=event.stream_name,
        offset=event.offset,
        event_id=str(event.event_id),
    )


def begin_message(message: Message) -> Token[Any]:
    """Name the message that is handled from now on."""
    return _current.set(message)


def begin_event(subscription: str | None, event: StoredEvent) -> Token[Any]:
    """Name the event, and the subscription, that is handled from now on."""
    return _current.set((subscription, event))


def end_handling(token: Token[Any]) -> None:
    """Go back to what was named before begin_message() or begin_event()."""
    _current.reset(token)
