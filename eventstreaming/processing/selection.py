"""Which handlers a worker runs, and whose queue is served first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eventstreaming.events.arguments import excerpt
from eventstreaming.exceptions import InvalidValue
from eventstreaming.processing.registry import (
    EventSubscription,
    Handlers,
    QueueHandler,
)

WEIGHT_AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What a worker runs, in the order of the names; no `weights` if that is strict."""

    queues: list[QueueHandler]
    subscriptions: list[EventSubscription]
    weights: dict[str, int] | None


def choose(
    names: Sequence[str],
    registry: Handlers,
    *,
    exclude: Sequence[str] = (),
    strict: bool = False,
) -> Choice:
    """
    Return the handlers that `names` stand for, or all, without those excluded.

    A name may end with `*`, and with `:6`, the weight of its queue among the
    others (default 1). A queue whose own name ends like that is meant first. With
    `strict` the order of the names counts, and there are no weights. Raise
    InvalidValue for a name that stands for nothing.
    """
    if strict and not names:
        raise InvalidValue("strict", "needs the names of the queues in their order")
    weights: dict[str, int | None] = {}
    for name, weight in _weighted(names, registry):
        if weight is not None and strict:
            raise InvalidValue(
                "name", f"{excerpt(name)} has a weight; a strict order has none"
            )
        weights[name] = weight or weights.get(name)
    chosen = weights or dict.fromkeys(registry.names())
    excluded = {name for name, _ in _weighted(exclude, registry, may_weigh=False)}
    left = [name for name in chosen if name not in excluded]
    if excluded and not left:
        raise InvalidValue("exclude", "nothing is left to run")
    return Choice(
        [registry.queues[name] for name in left if name in registry.queues],
        [
            registry.subscriptions[name]
            for name in left
            if name in registry.subscriptions
        ],
        None if strict else {name: weights.get(name) or 1 for name in left},
    )


def _weighted(
    names: Iterable[str], registry: Handlers, *, may_weigh: bool = True
) -> Iterator[tuple[str, int | None]]:
    """Yield the known names that the given ones stand for, with their weights."""
    unknown = []
    for given in names:
        found, weight = _matching(given, registry.names()), None
        if not found and may_weigh:
            name, _, number = given.rpartition(":")
            if number.isascii() and number.isdecimal():
                found = _matching(name, registry.names())
                weight = _weight_of(found, int(number), given, registry)
        if not found:
            unknown.append(given)
        for name in found:
            yield name, weight if name in registry.queues else None
    if unknown:
        known = ", ".join(registry.names()) or "none; is subscriptions.py there?"
        raise InvalidValue(
            "name", f"nothing is called {', '.join(unknown)}; known are {known}"
        )


def _matching(name: str, known: list[str]) -> list[str]:
    if name.endswith("*"):
        return [other for other in known if other.startswith(name[:-1])]
    return [name] if name in known else []


def _weight_of(
    found: list[str], weight: int, given: str, registry: Handlers
) -> int | None:
    if not found:
        return None
    if not 1 <= weight <= WEIGHT_AT_MOST:
        raise InvalidValue(
            "name",
            f"the weight in {excerpt(given)} must be between 1 and {WEIGHT_AT_MOST}",
            limit=WEIGHT_AT_MOST,
        )
    if not any(name in registry.queues for name in found):
        raise InvalidValue(
            "name", f"{excerpt(given)} is a subscription; only queues have weights"
        )
    return weight
