"""
Every error that the project raises.

`EventStreamingError` means that nothing happened: no row was written and the
caller's transaction is still usable. Errors of the database itself pass
through unchanged. `HandlerInterrupted` is none of them: it ends a handler.
"""

from collections.abc import Sequence
from typing import Literal

from django.core.exceptions import ImproperlyConfigured

LostReason = Literal["gone", "taken", "released"]


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


class WrongExpectedVersion(EventStreamingError):
    """The stream is not at the version that the caller believed in."""

    def __init__(self, stream_name: str, expected: object, actual: int) -> None:
        super().__init__(
            f"stream {stream_name!r}: expected version {expected}, actual {actual}"
        )
        self.stream_name = stream_name
        self.expected = expected
        self.actual = actual


class StreamKindConflict(EventStreamingError):
    """The operation does not fit the stream's kind, which never changes."""

    def __init__(self, stream_name: str, problem: str) -> None:
        super().__init__(f"stream {stream_name!r}: {problem}")
        self.stream_name = stream_name


class StreamDeleted(EventStreamingError):
    """The stream was deleted; its name stays reserved."""

    def __init__(self, stream_name: str) -> None:
        super().__init__(f"stream {stream_name!r} was deleted; its name stays reserved")
        self.stream_name = stream_name


class IdempotencyConflict(EventStreamingError):
    """An idempotency key was used before, for something else."""

    def __init__(self, stream_name: str, key: str) -> None:
        shown = ascii(key) if len(key) <= 60 else f"{key[:60]!a}..."
        super().__init__(
            f"stream {stream_name!r}: the idempotency key {shown[:80]} stands for other "
            "events already"
        )
        self.stream_name = stream_name
        self.key = key


class DeferredAppendsEnded(EventStreamingError):
    """An append was deferred to the end of a block that has ended already."""

    def __init__(self, stream_name: object) -> None:
        super().__init__(
            "the block of deferred_appends() has ended: what it collected is written, "
            "or was given up with it"
        )
        self.stream_name = stream_name


class WorkflowNotOpen(EventStreamingError):
    """A workflow collects events inside its `with` block, one block at a time."""

    def __init__(
        self, workflow_id: str, problem: str = "collects events inside its block only"
    ) -> None:
        super().__init__(f"workflow {workflow_id[:80]!a} {problem}"[:200])
        self.workflow_id = workflow_id


class EventsTruncated(EventStreamingError):
    """Events that the reader asked for are no longer kept."""

    def __init__(self, stream_name: str, from_offset: int, first_offset: int) -> None:
        super().__init__(
            f"stream {stream_name!r}: offset {from_offset} is no longer kept; "
            f"the first kept offset is {first_offset}"
        )
        self.stream_name = stream_name
        self.from_offset = from_offset
        self.first_offset = first_offset


class UnknownSubscription(EventStreamingError, LookupError):
    """No worker has run a subscription of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no subscription {name!r}")
        self.name = name


class UnsafeIsolation(EventStreamingError):
    """Reading by the fence inside an old snapshot would lose events."""

    def __init__(self, isolation: str) -> None:
        super().__init__(
            "categories, concurrent streams and the whole store are not read inside a "
            f"{isolation} transaction: its snapshot is older than the fence; read outside the "
            "block or use READ COMMITTED"
        )
        self.isolation = isolation


class FollowInTransaction(EventStreamingError):
    """A reader with `follow=True` was iterated inside the caller's transaction."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source!r} is not followed inside a transaction: it would stay open while "
            "nothing comes; iterate outside atomic()"
        )
        self.source = source


class LeaseInTransaction(EventStreamingError):
    """A lease was asked for inside the caller's transaction."""

    def __init__(self, stream_name: str) -> None:
        super().__init__(
            f"queue {stream_name!r}: dequeue() leases in a transaction of its own, and a "
            "rollback of yours would hand out the same receipt twice; call it outside "
            "atomic(), or use pop()"
        )
        self.stream_name = stream_name


class LeaseLost(EventStreamingError):
    """
    The receipt no longer gives a right to the message.

    `reason` is "gone" (removed or dead-lettered), "taken" (delivered again) or
    "released" (given back by this receipt).
    """

    def __init__(self, stream_name: str, message_id: str, reason: LostReason) -> None:
        super().__init__(
            f"queue {stream_name!r}: the lease of message {message_id} is lost ({reason})"
        )
        self.stream_name = stream_name
        self.message_id = message_id
        self.reason = reason


class MessageNotFound(EventStreamingError, LookupError):
    """The queue has no such message."""

    def __init__(self, stream_name: str, message_id: str) -> None:
        super().__init__(f"queue {stream_name!r} has no message {message_id}")
        self.stream_name = stream_name
        self.message_id = message_id


class TaskNotFound(EventStreamingError, LookupError):
    """A stored path stands for no task that may be run."""

    def __init__(self, path: str, problem: str) -> None:
        shown = ascii(path) if len(path) <= 60 else f"{path[:60]!a}..."
        super().__init__(f"task {shown[:80]}: {problem}")
        self.path = path
        self.problem = problem


class TaskTimeout(EventStreamingError, TimeoutError):
    """An attempt of a task took longer than its `timeout`."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__(f"task {path!r} took longer than {timeout:g} s")
        self.path = path
        self.timeout = timeout


class DeliveredTooOften(EventStreamingError):
    """A message was delivered again and again without an answer."""

    def __init__(self, stream_name: str, allowed: int) -> None:
        super().__init__(
            f"queue {stream_name!r}: delivered more than {allowed} times without an "
            "answer: its handler may be killing the worker"
        )
        self.stream_name = stream_name
        self.allowed = allowed


class PartitionLost(EventStreamingError):
    """Another worker has the partition: its lease had ended, or it was resized."""

    def __init__(self, subscription: str, partition: int) -> None:
        super().__init__(
            f"subscription {subscription!r}: the lease of partition {partition} is "
            "lost; what was not committed is handled again"
        )
        self.subscription = subscription
        self.partition = partition


class ParkedEventNotFound(EventStreamingError, LookupError):
    """The subscription has not parked such an event, or no longer."""

    def __init__(self, subscription: str, position: int) -> None:
        super().__init__(
            f"subscription {subscription!r} has not parked an event at position "
            f"{position}"
        )
        self.subscription = subscription
        self.position = position


class HandlerConflict(EventStreamingError, ImproperlyConfigured):
    """Two handlers or subscriptions share one name, or a stored one differs."""


class NeverIdle(EventStreamingError):
    """A test ran handlers until nothing is left, and there was always more."""

    def __init__(self, limit: int, names: Sequence[str]) -> None:
        shown = ", ".join(sorted(set(names)))
        if len(shown) > 200:
            shown = f"{shown[:200]} …"
        super().__init__(
            f"still not idle after {limit:,} calls of handlers; the last ones were of "
            f"{shown}: they go on for ever, or `limit` is too low"
        )
        self.limit = limit
        self.names = list(names)


class UnknownSaga(EventStreamingError, LookupError):
    """Nothing is declared under the name of a saga, or of a step of it."""

    def __init__(self, name: str, known: Sequence[str], *, step: str = "") -> None:
        what = f"no saga {name[:80]!r}"
        if step:
            what = f"saga {name!r} declares no step {step!r}"
        super().__init__(f"{what}; known are {', '.join(known) or 'none'}"[:300])
        self.name = name
        self.step = step


class SagaNotFound(EventStreamingError, LookupError):
    """No saga with this id was started."""

    def __init__(self, name: str, saga_id: str) -> None:
        super().__init__(f"saga {name!r}: none was started with the id {saga_id[:80]}")
        self.name = name
        self.saga_id = saga_id


class SagaConflict(EventStreamingError):
    """A saga with this id was started before, with other data."""

    def __init__(self, name: str, saga_id: str) -> None:
        super().__init__(
            f"saga {name!r}: {saga_id[:80]} was started before, with other data"
        )
        self.name = name
        self.saga_id = saga_id


class SagaBusy(EventStreamingError):
    """A worker is at a step of the saga at this moment; try again later."""

    def __init__(self, name: str, saga_id: str) -> None:
        super().__init__(
            f"saga {name!r}: a worker is at a step of {saga_id[:80]}; try again"
        )
        self.name = name
        self.saga_id = saga_id


class ScheduleNotFound(EventStreamingError, LookupError):
    """No schedule has the name."""

    def __init__(self, name: str) -> None:
        shown = ascii(name)
        super().__init__(f"no schedule is called {shown[:80]}")
        self.name = name


class HandlerInterrupted(BaseException):
    """
    A running handler is to end.

    Like KeyboardInterrupt it is no Exception, so a handler's `except Exception`
    lets it pass. In an async handler it shows as asyncio.CancelledError.
    """


class HandlerTimeout(HandlerInterrupted):
    """A handler ran longer than its time-out; that is a failed attempt."""

    def __init__(self, stream_name: str = "", timeout: float = 0.0) -> None:
        super().__init__(
            f"queue {stream_name!r}: the handler ran longer than {timeout:g} s"
            if stream_name
            else "the handler ran longer than its time-out"
        )
        self.stream_name = stream_name
        self.timeout = timeout


class MessageCancelled(HandlerInterrupted):
    """The message that is being handled was cancelled; it will not be retried."""

    def __init__(self, stream_name: str = "", message_id: str = "") -> None:
        super().__init__(
            f"queue {stream_name!r}: message {message_id} was cancelled"
            if stream_name
            else "the message was cancelled"
        )
        self.stream_name = stream_name
        self.message_id = message_id
