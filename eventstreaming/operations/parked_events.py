"""What subscriptions have set aside: listed, edited, tried again, or skipped."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db.models import F, Q, QuerySet

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import new_events
from eventstreaming.exceptions import (
    InvalidValue,
    ParkedEventNotFound,
    UnsupportedOperation,
)
from eventstreaming.models import Checkpoint, ParkedEvent, Subscription
from eventstreaming.processing.parking import promote_next
from eventstreaming.processing.sources import Source
from eventstreaming.types import JSON, EventData

State = ParkedEvent.State
StateName = Literal["failed", "ready", "behind"]

NAMES: dict[int, StateName] = {
    State.FAILED: "failed",
    State.READY: "ready",
    State.BEHIND: "behind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEventInfo:
    """
    A parked event.

    `state` is "failed" when somebody has to decide, "ready" when workers try it
    again, from `retry_at` on, and "behind" when it waits for others of its key.
    """

    subscription: str
    position: int
    key: str
    stream_name: str
    offset: int
    event_type: str
    state: StateName
    attempts: int
    error: str
    retry_at: datetime | None
    parked_at: datetime
    edited_data: JSON = field(repr=False)


def parked_events(
    subscription: str | None = None,
    *,
    key: str | None = None,
    failed: bool = False,
    limit: int = 100,
    store: str = DEFAULT_ALIAS,
) -> list[ParkedEventInfo]:
    """
    Return what is parked, by subscription and position.

    With `failed`, only the events that wait for somebody's decision, without those
    that are tried again by themselves or wait behind others.
    """
    limit = arguments.integer(limit, "limit", 1, 10_000)
    rows = _rows(_database(store), subscription, key)
    if failed:
        rows = rows.filter(state=State.FAILED)
    return [
        _info(row) for row in rows.order_by("subscription__name", "position")[:limit]
    ]


def replay_parked_events(
    subscription: str,
    keys: Collection[str] | None = None,
    *,
    store: str = DEFAULT_ALIAS,
) -> list[str]:
    """
    Have workers try parked events again: those of some keys, or of all.

    Return the keys. Their events are handled in order, with new attempts, up to the
    first that fails; new events of the key queue up behind them meanwhile.
    """
    using = _database(store)
    failed = _rows(using, subscription, None).filter(state=State.FAILED)
    if keys is not None:
        failed = failed.filter(key__in=list(keys))
    # Only a head has failed, and only a worker that holds its checkpoint changes
    # one that is not: so no lock is needed.
    found = dict(failed.values_list("pk", "key"))
    failed.filter(pk__in=found).update(state=State.READY, attempts=0, retry_at=None)
    _ring(event_stores[store], subscription, using)
    return sorted(found.values())


def skip_parked_events(
    subscription: str, positions: Iterable[int], *, store: str = DEFAULT_ALIAS
) -> int:
    """
    Forget parked events for good; return how many.

    When the one that failed is skipped, those behind it are handled. Waits for the
    batch that is at work on the partition.
    """
    return len(skipped_positions(subscription, positions, store=store))


def skipped_positions(
    subscription: str, positions: Iterable[int], *, store: str = DEFAULT_ALIAS
) -> list[int]:
    """Skip parked events and return their positions; see skip_parked_events()."""
    using = _database(store)
    with event_stores[store].batch():
        checkpoints = list(
            Checkpoint.objects.using(using)
            .filter(subscription__name=subscription)
            .select_for_update(of=("self",))
            .order_by("partition")
        )
        rows = _rows(using, subscription, None).filter(position__in=list(positions))
        skipped = list(rows)
        rows.filter(pk__in=[row.pk for row in skipped]).delete()
        for key in {row.key: row for row in skipped}.values():
            if not promote_next(key.subscription_id, key.key, using):
                _forget_key(checkpoints, key, using)
    _ring(event_stores[store], subscription, using)
    return [row.position for row in skipped]


def edit_parked_event(
    subscription: str, position: int, data: Any, *, store: str = DEFAULT_ALIAS
) -> None:
    """
    Let the handler get other data for a parked event; the event keeps its own.

    `data` is checked as an event's data is. Raise ParkedEventNotFound.
    """
    using = _database(store)
    rows = _rows(using, subscription, None).filter(position=position)
    row = rows.first()
    if row is None:
        raise ParkedEventNotFound(subscription, position)
    (checked,) = new_events(row.stream_name, EventData(row.event_type, data))
    if checked.data is None:
        raise InvalidValue("data", "must not be null")
    if not rows.filter(pk=row.pk).update(edited_data=checked.data):
        raise ParkedEventNotFound(subscription, position)


def _info(row: ParkedEvent) -> ParkedEventInfo:
    return ParkedEventInfo(
        subscription=row.subscription.name,
        position=row.position,
        key=row.key,
        stream_name=row.stream_name,
        offset=row.offset,
        event_type=row.event_type,
        state=NAMES[row.state],
        attempts=row.attempts,
        error=row.error,
        retry_at=row.retry_at,
        parked_at=row.parked_at,
        edited_data=row.edited_data,
    )


def _rows(using: str, subscription: str | None, key: str | None) -> QuerySet[Any]:
    rows = ParkedEvent.objects.using(using).select_related("subscription")
    condition = Q()
    if subscription is not None:
        condition &= Q(subscription__name=subscription)
    if key is not None:
        condition &= Q(key=key)
    return rows.filter(condition)


def _forget_key(checkpoints: list[Checkpoint], row: ParkedEvent, using: str) -> None:
    for checkpoint in checkpoints:
        if checkpoint.first_bucket <= row.bucket <= checkpoint.last_bucket:
            Checkpoint.objects.using(using).filter(pk=checkpoint.pk).update(
                parked_keys=F("parked_keys") - 1
            )


def _ring(store: BaseEventStore, subscription: str, using: str) -> None:
    """Tell the workers, who may wait for new events only."""
    row = Subscription.objects.using(using).filter(name=subscription).first()
    if row is not None:
        store.announce(Source.stored(row.source).topic)


def _database(store: str) -> str:
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} keeps no checkpoints")
    return asked.database
