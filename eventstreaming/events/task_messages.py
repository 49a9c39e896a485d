"""How a task of Django's Tasks framework is written as a message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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
    run_after: datetime | None,
) -> EventData:
    """Return the message of one call of a task."""
    data: dict[str, JSON] = {"args": args, "kwargs": kwargs}
    if run_after is not None:
        data["run_after"] = run_after.isoformat()
    return EventData(task_type(path), data)


def task_call(data: Any) -> tuple[list[JSON], dict[str, JSON], datetime | None]:
    """
    Return arguments, keyword arguments and `run_after` of a message's data.

    Raise ValueError for data that no task was written as.
    """
    if not isinstance(data, dict):
        raise ValueError("the message is not a call of a task")
    args, kwargs = data.get("args"), data.get("kwargs")
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ValueError("the message is not a call of a task")
    run_after = data.get("run_after")
    return (
        args,
        kwargs,
        None if run_after is None else datetime.fromisoformat(run_after),
    )
