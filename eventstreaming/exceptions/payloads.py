"""Event types, and stored data that cannot be read as one of them."""

from eventstreaming.exceptions.base import EventStreamingError


class EventTypeConflict(EventStreamingError, ValueError):
    """One event type name stands for two classes, or one hop has two upcasters."""


class UnreadablePayload(EventStreamingError):
    """
    Stored data cannot be turned into a typed object.

    `stream_name` and `offset` say where an event lies, or `stream_name` and
    `message_id` a message.
    """

    stream_name: str | None = None
    offset: int | None = None
    message_id: str | None = None


class UnknownEventType(UnreadablePayload, LookupError):
    """No class is registered under the type name of an event or message."""

    def __init__(self, type_name: str, origin: str) -> None:
        super().__init__(
            f"{origin}: no class is registered under the type {type_name!r}; "
            f"decorate it with @event(name={type_name!r})"
        )
        self.type_name = type_name
        self.origin = origin


class InvalidPayload(UnreadablePayload, ValueError):
    """Stored data does not fit the class that its type name stands for."""

    def __init__(self, type_name: str, origin: str, problem: str) -> None:
        super().__init__(f"{origin}: data of type {type_name!r} is invalid: {problem}")
        self.type_name = type_name
        self.origin = origin
        self.problem = problem
