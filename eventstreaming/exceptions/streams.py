"""What can go wrong with events: appending, reading and collecting them."""

from eventstreaming.exceptions.base import EventStreamingError


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
