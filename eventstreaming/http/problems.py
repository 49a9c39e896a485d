"""What a request is answered when it cannot be done."""

from typing import Any

from eventstreaming.exceptions import (
    EventStreamingError,
    EventsTruncated,
    IdempotencyConflict,
    InvalidArgument,
    StreamDeleted,
    StreamKindConflict,
    UnknownSubscription,
    UnsupportedOperation,
    WrongExpectedVersion,
)


class Problem(Exception):
    """An answer with a status and a reason; views raise it."""

    def __init__(self, status: int, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.document: dict[str, Any] = {"error": kind, "detail": detail, **more}


CLOSED = Problem(
    403, "Closed", "this interface is closed; EVENT_STREAM_HTTP_ACCESS opens it"
)
UNKNOWN = Problem(401, "Unauthorized", "the caller is not known")
FORBIDDEN = Problem(403, "Forbidden", "the caller may not do this")


def problem_of(error: EventStreamingError) -> Problem:
    """Return the answer to an error of the package; all of them are typed."""
    kind, detail = type(error).__name__, str(error)
    match error:
        case InvalidArgument():
            return Problem(400, kind, detail, field=error.field, limit=error.limit)
        case WrongExpectedVersion():
            return Problem(412, kind, detail, actual=error.actual)
        case EventsTruncated():
            return Problem(410, kind, detail, first_offset=error.first_offset)
        case StreamDeleted():
            return Problem(410, kind, detail)
        case IdempotencyConflict() | StreamKindConflict():
            return Problem(409, kind, detail)
        case UnknownSubscription():
            return Problem(404, kind, detail)
        case UnsupportedOperation():
            return Problem(501, kind, detail)
    return Problem(409, kind, detail)
