"""Trying parked events again, in the order of their keys."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.models import ParkedEvent
from eventstreaming.processing.parking import DUE, Parking, heads_of, promote_next
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

KEYS_AT_ONCE = 100
EVENTS_AT_ONCE = 100


@dataclass(slots=True)
class Replay:
    """What a replay has done: events that were handled, and attempts in all."""

    handled: int = 0
    attempts: int = 0


def replay_parked(
    parking: Parking,
    store: BaseEventStore,
    handle: Callable[[StoredEvent], BaseException | None],
    *,
    until: float,
) -> Replay:
    """
    Handle the parked events of a partition whose time has come.

    Each key goes on up to its end or its first failure, and all of it up to the
    moment `until`. Call it with the lock of the checkpoint, in the transaction that
    stores how far the partition has come: so none is handled twice.
    """
    done = Replay()
    for head in (
        heads_of(parking.checkpoint, parking.using)
        .filter(DUE)
        .order_by("position")[:KEYS_AT_ONCE]
    ):
        if clock.monotonic() > until:
            break
        if not _replay_key(head, parking, store, handle, done, until):
            parking.keys.discard(head.key)
    return done


def _replay_key(
    head: ParkedEvent,
    parking: Parking,
    store: BaseEventStore,
    handle: Callable[[StoredEvent], BaseException | None],
    done: Replay,
    until: float,
) -> bool:
    """Handle what is parked of one key; say whether something is left."""
    rows = ParkedEvent.objects.using(parking.using)
    handled: list[int] = []
    failed = False
    for row, event in _events_of(head, rows, store):
        if done.attempts and clock.monotonic() > until:
            break
        error = None if event is None else handle(event)
        if event is not None:
            done.attempts += 1
        if error is not None and event is not None:
            parking.note_failure(row, event, error)
            row.save(
                using=parking.using,
                update_fields=["attempts", "error", "state", "retry_at"],
            )
            failed = True
            break
        handled.append(row.pk)
        done.handled += event is not None
    rows.filter(pk__in=handled).delete()
    return failed or promote_next(head.subscription_id, head.key, parking.using)


def _events_of(
    head: ParkedEvent, rows: Any, store: BaseEventStore
) -> Iterator[tuple[ParkedEvent, StoredEvent | None]]:
    """Yield what is parked of a key, with None for an event that was removed."""
    waiting = rows.filter(subscription=head.subscription_id, key=head.key)
    for row in waiting.order_by("position").select_for_update()[:EVENTS_AT_ONCE]:
        found = list(store.read_all(row.position, limit=1))
        if not found or found[0].position != row.position:
            logger.warning("parked event %s was removed; it is passed over", row)
            yield row, None
        elif row.edited_data is None:
            yield row, found[0]
        else:
            yield row, msgspec.structs.replace(found[0], data=row.edited_data)
