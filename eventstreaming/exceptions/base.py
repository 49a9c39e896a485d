"""The base of all errors, and what is wrong before anything is done."""

from django.core.exceptions import ImproperlyConfigured


class EventStreamingError(Exception):
    """Base of all errors of this package; never raised itself."""


class InvalidEventStore(EventStreamingError, ImproperlyConfigured):
    """EVENT_STORES, or an option in it, is wrong."""


class UnsupportedOperation(EventStreamingError):
    """The store cannot do this; a capability flag of the store says so."""


class InvalidArgument(EventStreamingError):
    """An argument is refused; base of `InvalidValue` and `InvalidType`."""

    def __init__(self, field: str, problem: str, *, limit: object = None) -> None:
        if len(problem) > 300:  # names a class whose name is a page long, say
            problem = f"{problem[:200]} … {problem[-97:]}"
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.limit = limit


class InvalidValue(InvalidArgument, ValueError):
    """An argument has the right type and a value that is refused."""


class InvalidType(InvalidArgument, TypeError):
    """An argument has a type that is refused."""
