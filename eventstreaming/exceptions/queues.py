"""What can go wrong with messages, tasks and schedules."""

from typing import Literal

from eventstreaming.exceptions.base import EventStreamingError

LostReason = Literal["gone", "taken", "released"]


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


class DeliveredTooOften(EventStreamingError):
    """A message was delivered again and again without an answer."""

    def __init__(self, stream_name: str, allowed: int) -> None:
        super().__init__(
            f"queue {stream_name!r}: delivered more than {allowed} times without an "
            "answer: its handler may be killing the worker"
        )
        self.stream_name = stream_name
        self.allowed = allowed


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


class ScheduleNotFound(EventStreamingError, LookupError):
    """No schedule has the name."""

    def __init__(self, name: str) -> None:
        shown = ascii(name)
        super().__init__(f"no schedule is called {shown[:80]}")
        self.name = name
