"""When the state of a store is a problem: bounds that an operator sets."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.operations.status import StoreStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """
    What is still well; None is not looked at.

    `held` is how many seconds a transaction may hold readers back. `lag` and
    `behind` are the events and seconds that a subscription may be late, and `stalled`
    the seconds that it may get no further while events wait. `depth`
    and `dead` are the messages that a queue may hold, and `age` the seconds that
    its oldest ready one may have waited. `failed` is how many sagas of one name may
    wait for somebody, because a step could not be undone.
    """

    held: float | None = None
    lag: float | None = None
    behind: float | None = None
    stalled: float | None = None
    depth: float | None = None
    dead: float | None = None
    age: float | None = None
    failed: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidType(
                    field.name, f"must be a number, not {type(value).__name__}"
                )
            if not value >= 0:  # true for NaN, too
                raise InvalidValue(field.name, "must not be below 0", limit=0)


def problems(status: StoreStatus, thresholds: Thresholds) -> Iterator[str]:
    """Yield one line for each bound that is passed."""
    for holder in status.fence.holders:
        if _beyond(holder.seconds, thresholds.held):
            yield (
                f"pid {holder.pid} holds readers back for {holder.seconds:.1f} s "
                f"(allowed: {thresholds.held:g})"
            )
    for item in status.subscriptions:
        name = f"subscription {item.name}"
        # One more than was counted is not known, but that there are more.
        if _beyond(item.lag + (not item.lag_is_exact), thresholds.lag):
            more = "" if item.lag_is_exact else "+"
            yield (
                f"{name}: {item.lag}{more} events behind (allowed: {thresholds.lag:g})"
            )
        if _beyond(item.behind, thresholds.behind):
            yield f"{name}: {item.behind:.1f} s behind (allowed: {thresholds.behind:g})"
        if _beyond(item.stalled, thresholds.stalled):
            yield (
                f"{name}: no progress for {item.stalled:.1f} s "
                f"(allowed: {thresholds.stalled:g})"
            )
    for queue in status.queues:
        name = f"queue {queue.stream_name}"
        if _beyond(queue.depth, thresholds.depth):
            yield f"{name}: {queue.depth} messages (allowed: {thresholds.depth:g})"
        if _beyond(queue.dead, thresholds.dead):
            yield f"{name}: {queue.dead} dead letters (allowed: {thresholds.dead:g})"
        if _beyond(queue.oldest_age, thresholds.age):
            yield (
                f"{name}: the oldest message waits for {queue.oldest_age:.1f} s "
                f"(allowed: {thresholds.age:g})"
            )
    for saga in status.sagas:
        if _beyond(saga.failed, thresholds.failed):
            yield (
                f"saga {saga.name}: {saga.failed} failed (allowed: {thresholds.failed:g})"
            )


def _beyond(value: float | None, bound: float | None) -> bool:
    return value is not None and bound is not None and value > bound
