"""
Which story an event belongs to, carried by a context variable.

Events and messages written inside a `correlation_scope()` get its ids unless
others are given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from uuid_utils.compat import uuid7

from eventstreaming.events import arguments


class Correlation(NamedTuple):
    """The ids in force; both None outside of any scope."""

    correlation_id: str | None = None
    causation_id: str | None = None


_current: ContextVar[Correlation] = ContextVar(
    "eventstreaming_correlation",
    default=Correlation(),  # noqa: B039 - a tuple is immutable
)


def current_correlation() -> Correlation:
    """Return the ids of the innermost scope."""
    return _current.get()


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
    outer = _current.get()
    inner = Correlation(
        arguments.text(correlation_id, "correlation_id")
        or outer.correlation_id
        or str(uuid7()),
        arguments.text(causation_id, "causation_id") or outer.causation_id,
    )
    token = _current.set(inner)
    try:
        yield inner.correlation_id or ""
    finally:
        _current.reset(token)
