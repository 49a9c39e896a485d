"""
Which story an event belongs to, carried by a context variable.

Events and messages written inside a `correlation_scope()` get its ids unless
others are given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final, NamedTuple

from eventstreaming.events import arguments
from eventstreaming.events.ids import new_id
from eventstreaming.types import Message, StoredEvent


class Correlation(NamedTuple):
    """The ids in force; both None outside of any scope."""

    correlation_id: str | None = None
    causation_id: str | None = None


NO_CORRELATION: Final = Correlation()

# What is reacted to is a correlation by itself: worked out when it is asked for.
_current: ContextVar[Correlation | StoredEvent | Message] = ContextVar(
    "eventstreaming_correlation",
    default=NO_CORRELATION,
)

# What was set last, as it is: asked for at each write.
correlation_in_force = _current.get


def current_correlation() -> Correlation:
    """Return the ids of the innermost scope."""
    current = _current.get()
    if isinstance(current, Correlation):
        return current
    if isinstance(current, Message):
        origin = f"{current.stream_name}:{current.message_id}"[-255:]
        return Correlation(current.correlation_id or origin, origin)
    event_id = str(current.event_id)
    return Correlation(current.correlation_id or event_id, event_id)


def begin_reaction(given: StoredEvent | Message) -> Token[Any]:
    """Let what is written from now on carry its story on, as its effect."""
    return _current.set(given)


def end_reaction(token: Token[Any]) -> None:
    """Go back to the ids that were in force before begin_reaction()."""
    _current.reset(token)


@contextmanager
def correlation_scope(
    correlation_id: str | None = None, *, causation_id: str | None = None
) -> Iterator[str]:
    """
    Give the events and messages of the block one correlation id.

    Without `correlation_id` an inner scope keeps that of the outer one, and an
    outermost scope makes a new one. `causation_id` names the event or message
    that caused the block. The outer ids come back at the end. Works in threads
    and coroutines alike.
    """
    outer = current_correlation()
    inner = Correlation(
        arguments.text(correlation_id, "correlation_id")
        or outer.correlation_id
        or str(new_id()),
        arguments.text(causation_id, "causation_id") or outer.causation_id,
    )
    token = _current.set(inner)
    try:
        yield inner.correlation_id or ""
    finally:
        _current.reset(token)
