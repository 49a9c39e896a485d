"""The OPTIONS of the backend: what they mean, and whether they are right."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.contrib.tasks.compat import AnyResult, AnyTask
from eventstreaming.contrib.tasks.definitions import Backoff
from eventstreaming.events import arguments
from eventstreaming.events.queue_settings import (
    LONGEST_TIMEOUT,
    MAX_COUNT,
    MAX_DELIVERIES,
)
from eventstreaming.exceptions import (
    EventStreamingError,
    InvalidArgument,
    InvalidType,
    InvalidValue,
)
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.types import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOptions:
    """
    What OPTIONS may hold.

    `store` is an alias of EVENT_STORES; `modules` are packages outside the
    installed apps whose tasks may be run. `max_attempts`, `backoff` and
    `timeout` count for tasks that do not say otherwise. A task that was
    delivered more than `max_deliveries` times without an outcome is not begun
    any more: it may be killing its worker.
    """

    store: str = DEFAULT_ALIAS
    modules: tuple[str, ...] | list[str] = ()
    max_attempts: int = 1
    backoff: Backoff | None = None
    timeout: Duration | None = None
    max_deliveries: int = MAX_DELIVERIES

    def policy_of(self, task: AnyTask) -> "TaskPolicy":
        """Return how a task is tried; raise InvalidArgument for what is refused."""
        asked: dict[str, Any] = {
            name: getattr(task, name, None)
            for name in ("max_attempts", "backoff", "timeout")
        }
        return TaskPolicy.checked(
            self.max_attempts
            if asked["max_attempts"] is None
            else asked["max_attempts"],
            self.backoff if asked["backoff"] is None else asked["backoff"],
            self.timeout if asked["timeout"] is None else asked["timeout"],
        )

    def problems(self) -> Iterator[InvalidArgument | EventStreamingError]:
        """Yield what is wrong with the values."""
        checks: list[Callable[[], object]] = [
            self._check_store,
            self._check_modules,
            lambda: TaskPolicy.checked(self.max_attempts, self.backoff, self.timeout),
            lambda: arguments.integer(
                self.max_deliveries, "max_deliveries", 1, MAX_COUNT
            ),
        ]
        for check in checks:
            try:
                check()
            except EventStreamingError as error:
                yield error

    def _check_store(self) -> None:
        try:
            store = event_stores[self.store]
        except KeyError as error:
            raise InvalidValue("store", str(error)) from error
        if store.database is None:
            raise InvalidValue(
                "store", f"{type(store).__name__} has no database to keep results in"
            )

    def _check_modules(self) -> None:
        if not isinstance(self.modules, list | tuple) or not all(
            isinstance(name, str) for name in self.modules
        ):
            raise InvalidType("modules", "must be a list of the names of packages")


def known_options(options: Mapping[str, Any]) -> TaskOptions:
    """Return the options that exist; others are for the system check to name."""
    known = TaskOptions.__dataclass_fields__
    return TaskOptions(**{k: v for k, v in options.items() if k in known})


def unknown_options(options: Mapping[str, Any]) -> list[str]:
    """Return the names that mean nothing."""
    return sorted(set(options) - set(TaskOptions.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """How often, how late and how long a task is tried; all values are checked."""

    max_attempts: int
    backoff: Backoff | None
    timeout: float | None

    @classmethod
    def checked(cls, max_attempts: Any, backoff: Any, timeout: Any) -> "TaskPolicy":
        """Raise InvalidValue or InvalidType naming the field."""
        RetryPolicy(max_attempts, backoff)
        if timeout is not None:
            timeout = arguments.seconds(
                timeout, "timeout", LONGEST_TIMEOUT, minimum=0.001
            )
        return cls(max_attempts, backoff, timeout)

    def delay(self, attempts: int, error: BaseException, result: AnyResult) -> float:
        """Return the seconds to wait after `attempts` failed ones."""
        backoff: Any = self.backoff
        if callable(backoff):
            return RetryPolicy(backoff=lambda _, error: backoff(error, result)).delay(
                attempts, error
            )
        return RetryPolicy(backoff=backoff).delay(attempts, error)
