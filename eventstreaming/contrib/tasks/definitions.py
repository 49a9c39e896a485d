"""What `@task` makes for this backend: a Task that can say how it is retried."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self, TypeAlias

from django.utils.module_loading import import_string

from eventstreaming.contrib.tasks.compat import AnyResult, AnyTask, Task
from eventstreaming.types import Duration

Backoff: TypeAlias = (
    Duration | Sequence[Duration] | Callable[[BaseException, AnyResult], Duration]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreamingTask(Task):  # type: ignore[type-arg]
    """
    A Task with a policy of its own; what is None is that of the backend's OPTIONS.

    `max_attempts` counts the first one, too. `backoff` is what to wait before a
    retry: seconds or a timedelta, a list of them whose last one repeats, or a
    callable of the exception and the result that returns one. An attempt that
    takes longer than `timeout` seconds fails. `run_after` may be a timedelta:
    so long after it is enqueued.
    """

    run_after: datetime | timedelta | None = None  # type: ignore[assignment]
    max_attempts: int | None = None
    backoff: Backoff | None = None
    timeout: Duration | None = None

    def using(
        self,
        *,
        priority: int | None = None,
        queue_name: str | None = None,
        run_after: datetime | timedelta | None = None,
        backend: str | None = None,
    ) -> Self:
        """Return a copy with other values; None leaves one as it is."""
        changes: dict[str, Any] = {
            "priority": priority,
            "queue_name": queue_name,
            "run_after": run_after,
            "backend": backend,
        }
        return replace(self, **{k: v for k, v in changes.items() if v is not None})

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the path instead of the function, whose name is the Task's now."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        del values["func"]
        return _from_path, (self.module_path, values)


def _from_path(path: str, values: dict[str, Any]) -> AnyTask:
    found = import_string(path)
    if not isinstance(found, Task):
        raise ValueError(f"Expected {path!r} to point to a Task instance.")
    return replace(found, **values)
