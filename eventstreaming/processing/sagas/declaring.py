"""Declaring sagas. Nothing is read or opened before a worker runs."""

from collections.abc import Callable, Iterable, Sequence
from typing import overload

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.events import arguments
from eventstreaming.events.queue_settings import MAX_COUNT
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing import registry
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.sagas.plans import Saga, sagas
from eventstreaming.processing.sagas.running import SagaRunner, seconds_allowed
from eventstreaming.processing.sagas.steps import (
    PlannedStep,
    Step,
    checked_name,
    optional_timeout,
)
from eventstreaming.types import Duration

Steps = Iterable[Step | type[Step]]


@overload
def saga(
    name: str,
    steps: Steps,
    *,
    timeout: Duration | None = None,
    visibility_timeout: Duration | None = None,
    concurrency: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> Saga: ...
@overload
def saga(
    name: str,
    *,
    timeout: Duration | None = None,
    visibility_timeout: Duration | None = None,
    concurrency: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> Callable[[type], Saga]: ...
def saga(
    name: str,
    steps: Steps | None = None,
    *,
    timeout: Duration | None = None,
    visibility_timeout: Duration | None = None,
    concurrency: int | None = None,
    store: str = DEFAULT_ALIAS,
) -> Saga | Callable[[type], Saga]:
    """
    Declare a saga: a list of steps, or a class whose inner classes are the steps.

        order = saga("order", [Reserve, Charge, Ship])

        @saga("order")
        class Order:
            class Reserve(Step): ...

    Each step is taken when the one before it is committed. When one fails for
    good, or `timeout` seconds have passed since the start, those that were
    completed are undone in reverse. Workers run it by the name of its queue,
    `saga:<name>`. `visibility_timeout` is after how many seconds another worker goes
    on where one was killed (default: the queue's, else 30), `concurrency` how many
    steps one worker takes at a time. Raise HandlerConflict when the name is taken.
    """
    if steps is not None:
        listed = list(steps)
        place = ", ".join(map(_place, listed))
        return _declared(
            name, listed, place, timeout, visibility_timeout, concurrency, store
        )

    def declare(cls: type) -> Saga:
        inner = [
            value
            for value in vars(cls).values()
            if isinstance(value, type) and issubclass(value, Step)
        ]
        return _declared(
            name, inner, _place(cls), timeout, visibility_timeout, concurrency, store
        )

    return declare


def _declared(
    name: str,
    steps: Sequence[Step | type[Step]],
    place: str,
    timeout: Duration | None,
    visibility_timeout: Duration | None,
    concurrency: int | None,
    store: str,
) -> Saga:
    planned = [PlannedStep.of(step, f"steps[{n}]") for n, step in enumerate(steps)]
    names = [step.name for step in planned]
    if not names:
        raise InvalidValue("steps", "there are none")
    if len(set(names)) < len(names):
        raise InvalidValue("steps", f"two have one name: {', '.join(names)}"[:200])
    if not isinstance(store, str):
        raise InvalidType("store", f"must be an alias, not {type(store).__name__}")
    declared = Saga(
        name=checked_name(name, "name"),
        steps=tuple(planned),
        timeout=optional_timeout(timeout, "timeout"),
        store=store,
        place=place,
    )
    handler = registry.QueueHandler(
        queue=declared.queue,
        function=SagaRunner(declared).handle,
        # Steps count their attempts themselves; here only outages are retried.
        retry=RetryPolicy(MAX_COUNT, dead_letter_on=(InvalidType,)),
        timeout=seconds_allowed,
        visibility_timeout=(
            None
            if visibility_timeout is None
            else arguments.visibility_timeout(visibility_timeout)
        ),
        max_deliveries=MAX_COUNT,
        concurrency=arguments.optional_integer(
            concurrency, "concurrency", 1, MAX_COUNT
        ),
        store=store,
    )
    sagas.add(declared)
    registry.handlers.add_queue(handler)
    return declared


def _place(value: object) -> str:
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"
