"""How a task of Django's Tasks framework is written as a message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidValue
from eventstreaming.types import JSON, EventData

_STREAM = "tasks:"
_TYPE = "task:"


def backend_prefix(alias: str) -> str:
    """Return what the names of a backend's queues begin with."""
    if ":" in alias:
        raise InvalidValue("alias", f"{arguments.excerpt(alias)} has a ':'")
    return f"{_STREAM}{alias}:"


def task_stream(alias: str, queue_name: str) -> str:
    """Return the stream of a backend's queue; raise for a name that is refused."""
    return arguments.stream_name(f"{backend_prefix(alias)}{queue_name}", "queue_name")


def task_queue_name(alias: str, stream_name: str) -> str:
    """Return the name that Django's Tasks know a stream by."""
    return stream_name.removeprefix(backend_prefix(alias))


def task_type(path: str) -> str:
    """Return the message type of a task; raise for a path that is refused."""
    return arguments.type_name(f"{_TYPE}{path}", "task")


def task_path(message_type: str) -> str | None:
    """Return the path of the task, or None if the message is not one."""
    path = message_type.removeprefix(_TYPE)
    return None if path == message_type else path


def task_message(
    path: str,
    args: Sequence[JSON],
    kwargs: Mapping[str, JSON],
    enqueued_at: datetime,
    run_after: datetime | None,
) -> EventData:
    """
    Return the message of one call of a task; both times are aware.

    `enqueued_at` is in it because the caller knows it before the store does: a
    result is the same whether `enqueue()` returns it or it is read later.
    """
    data: dict[str, JSON] = {
        "args": args,
        "kwargs": kwargs,
        "enqueued_at": enqueued_at.isoformat(),
    }
    if run_after is not None:
        data["run_after"] = run_after.isoformat()
    return EventData(task_type(path), data)


class TaskCallData(NamedTuple):
    """What a message says of one call of a task; the times are aware."""

    args: list[JSON]
    kwargs: dict[str, JSON]
    enqueued_at: datetime | None
    run_after: datetime | None


def task_call(data: Any) -> TaskCallData:
    """Read a message's data; raise ValueError for what no task was written as."""
    if not isinstance(data, dict):
        raise ValueError("the message is not a call of a task")
    args, kwargs = data.get("args"), data.get("kwargs")
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ValueError("the message is not a call of a task")
    return TaskCallData(
        args, kwargs, _moment(data.get("enqueued_at")), _moment(data.get("run_after"))
    )


def _moment(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
