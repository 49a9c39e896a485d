"""How a step of a saga is declared, and what is made of that."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing.retry import Backoff, Errors, RetryPolicy
from eventstreaming.processing.sagas.context import SagaContext
from eventstreaming.types import Duration

Action = Callable[[SagaContext], Any]

MAX_NAME = 100
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Step:
    """
    One step of a saga: what it does, and how that is undone.

    Both methods may be async. What they write to the store's database commits
    together with the saga's progress, so it is there once whoever is killed. An
    effect elsewhere may be repeated: hand `saga.idempotency_key` on to it. What
    `execute` returns, if it can be JSON, is found in `saga.results` later.

    `name` is the class name in lower case (`ChargeCard`: "charge-card") unless
    given. A failed attempt is repeated after `backoff`, see RetryPolicy; after
    `max_attempts` (default 5), or an error of the types `give_up_on`, or when
    `timeout` seconds have passed since the step began, which interrupts it as the
    time-out of a queue handler does, the saga is compensated:
    what was completed is undone in reverse. `compensate` is repeated by the same
    `backoff` and `max_attempts`.

    `delay` makes the step wait for so many seconds before its first attempt,
    `wait_for` for a signal of that name; then `timeout` bounds the waiting. With
    `undo_if_failed` the step itself is compensated, too, when it has failed: for
    an effect elsewhere of which nobody knows whether it happened.
    """

    name: str = ""
    max_attempts: int | None = None
    backoff: Backoff | None = None
    give_up_on: Errors = ()
    timeout: Duration | None = None
    delay: Duration | None = None
    wait_for: str | None = None
    undo_if_failed: bool = False

    def execute(self, saga: SagaContext) -> Any:
        """Do the step. May be left out where the step only waits."""

    def compensate(self, saga: SagaContext) -> Any:
        """Undo the step. May be left out where there is nothing to undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A checked step; `compensate` is None where there is nothing to undo."""

    name: str
    execute: Action
    compensate: Action | None
    retry: RetryPolicy
    timeout: float | None
    delay: float | None
    wait_for: str | None
    undo_if_failed: bool

    @classmethod
    def of(cls, declared: object, field: str) -> Self:
        """Check a Step, or a class of them, which is called without arguments."""
        if isinstance(declared, type) and issubclass(declared, Step):
            declared = declared()
        if not isinstance(declared, Step):
            raise InvalidType(
                field, f"must be a Step, not {arguments.excerpt(declared)}"
            )
        kind = type(declared)
        name = checked_name(declared.name or _name_of(kind), f"{field}.name")
        if declared.delay is not None and declared.wait_for is not None:
            raise InvalidValue(field, f"{name}: give delay or wait_for, not both")
        waits = declared.delay is not None or declared.wait_for is not None
        if kind.execute is Step.execute and not waits:
            raise InvalidValue(
                field, f"{name}: it has no execute() and waits for nothing"
            )
        undoes = kind.compensate is not Step.compensate
        return cls(
            name=name,
            execute=declared.execute,
            compensate=declared.compensate if undoes else None,
            retry=RetryPolicy(
                declared.max_attempts, declared.backoff, declared.give_up_on
            ),
            timeout=optional_timeout(declared.timeout, f"{field}.timeout"),
            delay=arguments.optional_delay(declared.delay, f"{field}.delay"),
            wait_for=arguments.text(declared.wait_for, f"{field}.wait_for"),
            undo_if_failed=arguments.flag(
                declared.undo_if_failed, f"{field}.undo_if_failed"
            ),
        )


def checked_name(value: object, field: str) -> str:
    """Check the name of a saga or step: that of a stream, shorter, without `/`."""
    name = arguments.stream_name(value, field)
    if len(name) > MAX_NAME or "/" in name:
        raise InvalidValue(
            field,
            f"{arguments.excerpt(name)} is refused: use at most {MAX_NAME} characters, "
            "and no '/'",
            limit=MAX_NAME,
        )
    return name


def optional_timeout(value: Duration | None, field: str) -> float | None:
    """Check a time-out, or None; zero would leave no time."""
    if value is None:
        return None
    return arguments.seconds(value, field, limits().delay, minimum=0.001)


def _name_of(kind: type) -> str:
    return _WORD.sub("-", kind.__name__).lower()
