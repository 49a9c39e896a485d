"""
Signals of what has happened, for a project's own alerts and counts.

All are sent by `send_robust()`: a receiver that raises is logged, and nothing else
fails. While nobody listens they cost next to nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Literal, Protocol

from django.db import transaction
from django.dispatch import Signal

from eventstreaming.types import EnqueuedId, Message, StoredEvent

FailedOutcome = Literal["retry", "park", "skip", "stop"]

# store, stream_name, events: after the commit, in the thread that wrote.
events_appended = Signal(use_caching=True)
# store, stream_name, message_ids: after the commit, in the thread that wrote.
messages_enqueued = Signal(use_caching=True)
# message, seconds: after a worker has acknowledged it.
message_done = Signal(use_caching=True)
# message, error, dead_letter: after a worker has given it back or buried it, and after
# a claim has buried what was delivered too often, or was cancelled meanwhile.
message_failed = Signal(use_caching=True)
# subscription, event, error, outcome: after the commit of what becomes of the event.
event_failed = Signal(use_caching=True)


class Writing(Protocol):
    """A store, as far as signals need it."""

    alias: str

    def after_commit(self, function: Callable[[], object]) -> None:
        """Call a function once what was written is committed, if it is."""


def tell_appended(
    store: Writing, stream_name: str, events: Sequence[StoredEvent]
) -> None:
    """Send `events_appended` once the caller's transaction is committed."""
    if events_appended.receivers and events:
        store.after_commit(
            partial(
                events_appended.send_robust,
                StoredEvent,
                store=store.alias,
                stream_name=stream_name,
                events=tuple(events),
            )
        )


def tell_enqueued(store: Writing, stream_name: str, ids: Sequence[EnqueuedId]) -> None:
    """Send `messages_enqueued` once the caller's transaction is committed."""
    if messages_enqueued.receivers and ids:
        store.after_commit(
            partial(
                messages_enqueued.send_robust,
                Message,
                store=store.alias,
                stream_name=stream_name,
                message_ids=tuple(ids),
            )
        )


def someone_hears_of_done() -> bool:
    """Say whether `message_done` has receivers."""
    return message_done.has_listeners(Message)


def tell_done(message: Message, seconds: float) -> None:
    """Send `message_done` now."""
    if someone_hears_of_done():
        message_done.send_robust(Message, message=message, seconds=seconds)


def tell_failed(message: Message, error: BaseException, *, dead_letter: bool) -> None:
    """Send `message_failed` now."""
    if message_failed.has_listeners(Message):
        message_failed.send_robust(
            Message, message=message, error=error, dead_letter=dead_letter
        )


def tell_buried(
    store: Writing, buried: Iterable[tuple[Message, BaseException]]
) -> None:
    """Send `message_failed` for what a claim has buried, once that is committed."""
    if message_failed.has_listeners(Message):
        for message, error in buried:
            store.after_commit(
                partial(
                    message_failed.send_robust,
                    Message,
                    message=message,
                    error=error,
                    dead_letter=True,
                )
            )


def tell_event_failed(
    subscription: str,
    event: StoredEvent,
    error: BaseException,
    outcome: FailedOutcome,
    using: str,
) -> None:
    """Send `event_failed` once the batch is committed."""
    if event_failed.has_listeners(StoredEvent):
        send = partial(
            event_failed.send_robust,
            StoredEvent,
            subscription=subscription,
            event=event,
            error=error,
            outcome=outcome,
        )
        transaction.on_commit(send, using=using, robust=True)
