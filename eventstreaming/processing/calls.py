"""Calling a handler, sync or async, the same way everywhere."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import async_to_sync

from eventstreaming.events.correlation import begin_reaction, end_reaction
from eventstreaming.events.handling import begin_event, begin_message, end_handling
from eventstreaming.events.observing import handling, observers
from eventstreaming.types import Message, StoredEvent


def handle_message(function: Callable[[Message], Any], message: Message) -> None:
    """
    Call a queue handler that is not async.

    What it writes carries the message's story on.
    """
    story, named = begin_reaction(message), begin_message(message)
    try:
        if observers:
            with handling(message):
                function(message)
        else:
            function(message)
    finally:
        end_handling(named)
        end_reaction(story)


async def ahandle_message(function: Callable[[Message], Any], message: Message) -> None:
    """
    Run an async queue handler in the caller's task. See handle_message().

    Its database connections are those of the caller's ThreadSensitiveContext.
    """
    story, named = begin_reaction(message), begin_message(message)
    try:
        with handling(message):
            await function(message)
    finally:
        end_handling(named)
        end_reaction(story)


def handle_message_here(function: Callable[[Message], Any], message: Message) -> None:
    """
    Run a queue handler, async or not, in this thread. See handle_message().

    An async one has this thread's connections, as in EventCaller.
    """
    if iscoroutinefunction(function):
        async_to_sync(ahandle_message)(function, message)
    else:
        handle_message(function, message)


def handle_event(
    function: Callable[[StoredEvent], Any],
    event: StoredEvent,
    subscription: str | None = None,
) -> None:
    """Call a subscription's function; what it writes carries the story on."""
    EventCaller(function, subscription)(event)


class EventCaller:
    """
    Calls a subscription's function, event by event. See handle_event().

    What is the same for all events is looked at once.
    """

    __slots__ = ("_function", "_is_async", "_subscription")

    def __init__(
        self, function: Callable[[StoredEvent], Any], subscription: str | None
    ) -> None:
        self._function = function
        self._is_async = iscoroutinefunction(function)
        self._subscription = subscription

    def __call__(self, event: StoredEvent) -> None:
        """Call the function; raise what it raises."""
        story, named = begin_reaction(event), begin_event(self._subscription, event)
        try:
            if self._is_async or observers:
                with handling(event, self._subscription):
                    _call(self._function, event)
            else:
                self._function(event)
        finally:
            end_handling(named)
            end_reaction(story)


def _call(function: Callable[..., Any], argument: object) -> None:
    """
    Run the function in this thread.

    An async one gets an event loop of its own, whose `sync_to_async` comes
    back to this thread: each call has the thread's database connection to
    itself, and no other coroutine can roll its writes back.
    """
    if iscoroutinefunction(function):
        async_to_sync(function)(argument)
    else:
        function(argument)
