"""
Every error that the project raises.

`EventStreamingError` means that nothing happened: no row was written and the
caller's transaction is still usable. Errors of the database itself pass
through unchanged. `HandlerInterrupted` is none of them: it ends a handler.
"""

from eventstreaming.exceptions.base import (
    EventStreamingError,
    InvalidArgument,
    InvalidEventStore,
    InvalidType,
    InvalidValue,
    UnsupportedOperation,
)
from eventstreaming.exceptions.interruptions import (
    HandlerInterrupted,
    HandlerTimeout,
    MessageCancelled,
)
from eventstreaming.exceptions.payloads import (
    EventTypeConflict,
    InvalidPayload,
    UnknownEventType,
    UnreadablePayload,
)
from eventstreaming.exceptions.processing import (
    HandlerConflict,
    NeverIdle,
    ParkedEventNotFound,
    PartitionLost,
    UnknownSubscription,
)
from eventstreaming.exceptions.queues import (
    DeliveredTooOften,
    LeaseInTransaction,
    LeaseLost,
    LostReason,
    MessageNotFound,
    ScheduleNotFound,
    TaskNotFound,
    TaskTimeout,
)
from eventstreaming.exceptions.sagas import (
    SagaBusy,
    SagaConflict,
    SagaNotFound,
    UnknownSaga,
)
from eventstreaming.exceptions.streams import (
    DeferredAppendsEnded,
    EventsTruncated,
    FollowInTransaction,
    IdempotencyConflict,
    StreamDeleted,
    StreamKindConflict,
    UnsafeIsolation,
    WorkflowNotOpen,
    WrongExpectedVersion,
)

__all__ = [
    "DeferredAppendsEnded",
    "DeliveredTooOften",
    "EventStreamingError",
    "EventTypeConflict",
    "EventsTruncated",
    "FollowInTransaction",
    "HandlerConflict",
    "HandlerInterrupted",
    "HandlerTimeout",
    "IdempotencyConflict",
    "InvalidArgument",
    "InvalidEventStore",
    "InvalidPayload",
    "InvalidType",
    "InvalidValue",
    "LeaseInTransaction",
    "LeaseLost",
    "LostReason",
    "MessageCancelled",
    "MessageNotFound",
    "NeverIdle",
    "ParkedEventNotFound",
    "PartitionLost",
    "SagaBusy",
    "SagaConflict",
    "SagaNotFound",
    "ScheduleNotFound",
    "StreamDeleted",
    "StreamKindConflict",
    "TaskNotFound",
    "TaskTimeout",
    "UnknownEventType",
    "UnknownSaga",
    "UnknownSubscription",
    "UnreadablePayload",
    "UnsafeIsolation",
    "UnsupportedOperation",
    "WorkflowNotOpen",
    "WrongExpectedVersion",
]
