"""The arguments of many calls of one task."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eventstreaming.exceptions import InvalidType


class TaskCall(NamedTuple):
    """Arguments and keyword arguments of one call."""

    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}


def calls_of(calls: object) -> list[TaskCall]:
    """Return calls that were given in any form; raise InvalidType for others."""
    if isinstance(calls, str | bytes | Mapping) or not isinstance(calls, Iterable):
        raise InvalidType(
            "calls", f"must be an iterable of calls, not {type(calls).__name__}"
        )
    return [_call(call, index) for index, call in enumerate(calls)]


def _call(call: object, index: int) -> TaskCall:
    if isinstance(call, TaskCall):
        return call
    if isinstance(call, Mapping):
        return TaskCall(kwargs=call)
    if isinstance(call, tuple | list):
        return TaskCall(args=call)
    raise InvalidType(
        f"calls[{index}]",
        "must be a tuple of arguments, a dict of keyword arguments or a TaskCall, not "
        f"{type(call).__name__}",
    )
