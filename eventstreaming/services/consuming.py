"""The public functions for loops over messages."""

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.consuming import AsyncConsumption, Consumption
from eventstreaming.types import Duration


def consume(
    stream_name: str,
    visibility_timeout: Duration | None = None,
    *,
    wait: Duration | None = None,
    follow: bool = False,
    limit: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> Consumption:
    """
    Return a loop over the messages of a queue, leased one at a time.

        with consume("email-queue") as messages:
            for message in messages:
                send(message)

    A message is acknowledged when the loop asks for the next one, or leaves the
    block; by `break`, too. An exception that leaves the block makes it a failed
    attempt, see nack(), and goes on to the caller; an interruption that is no
    Exception gives the message back as if it had not been delivered. What the
    body answers itself, with `message.atomic()` say, is left alone. The block
    is no transaction.

    Without `with`, a plain `for` cannot tell an exception from a break: after
    either the last message stays leased, and is delivered again when its
    visibility timeout ends.

    It ends when the queue is empty: `wait` waits up to so many seconds for each
    message, `follow` for ever. `limit` is how many messages at most. A lease
    that was lost before the acknowledge is logged, and the loop goes on: the
    message was delivered twice. See dequeue() for the rest.
    """
    return event_stores[store].consume(
        stream_name, visibility_timeout, wait=wait, follow=follow, limit=limit
    )


def aconsume(
    stream_name: str,
    visibility_timeout: Duration | None = None,
    *,
    wait: Duration | None = None,
    follow: bool = False,
    limit: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> AsyncConsumption:
    """See consume(). With `async with` and `async for`."""
    return event_stores[store].aconsume(
        stream_name, visibility_timeout, wait=wait, follow=follow, limit=limit
    )
