"""Trying parked events again, in the order of their keys."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import msgspec
from django.db import transaction

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.models import ParkedEvent
from eventstreaming.processing.parking import DUE, Parking, heads_of, promote_next
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

KEYS_AT_ONCE = 100


@dataclass(slots=True)
class Replay:
    """What a replay has done: events that were handled, and attempts in all."""

    handled: int = 0
    attempts: int = 0


Handle = Callable[[StoredEvent], BaseException | None]
Settling = Callable[[], AbstractContextManager[object]]


def replay_parked(
    parking: Parking,
    store: BaseEventStore,
    handle: Handle,
    *,
    until: float,
    settling: Settling = nullcontext,
) -> Replay:
    """
    Handle the parked events of a partition whose time has come.

    Each key goes on up to its end or its first failure, and all of it up to the
    moment `until`. What becomes of an event is written in the transaction that
    `settling` opens, where the caller has not opened one that holds the lock of the
    checkpoint.
    """
    done = Replay()
    heads = heads_of(parking.checkpoint, parking.using).filter(DUE)
    for head in list(heads.order_by("position")[:KEYS_AT_ONCE]):
        if done.attempts and clock.monotonic() > until:
            break
        while True:
            left = _replay_next(head, parking, store, handle, done, settling)
            if left is False:
                parking.keys.discard(head.key)
            if not left or clock.monotonic() > until:
                break
    return done


def _replay_next(
    head: ParkedEvent,
    parking: Parking,
    store: BaseEventStore,
    handle: Handle,
    done: Replay,
    settling: Settling,
) -> bool | None:
    """
    Handle the first parked event of a key; say whether others are left.

    None when it failed.
    """
    using = parking.using
    rows = ParkedEvent.objects.using(using).filter(
        subscription=head.subscription_id, key=head.key
    )
    if transaction.get_connection(using).in_atomic_block:
        rows = rows.select_for_update()  # nobody edits it meanwhile
    row = rows.order_by("position").first()
    if row is None:
        return False
    event = _event_of(row, store)
    error = None if event is None else handle(event)
    done.attempts += 1
    with settling():
        if error is not None and event is not None:
            parking.note_failure(row, event, error)
            row.save(
                using=using, update_fields=["attempts", "error", "state", "retry_at"]
            )
            return None
        row.delete(using=using)
        done.handled += event is not None
        return promote_next(head.subscription_id, head.key, using)


def _event_of(row: ParkedEvent, store: BaseEventStore) -> StoredEvent | None:
    """Return the event as its handler gets it, None if it was removed."""
    found = next(store.read_all(row.position, limit=1), None)
    if found is None or found.position != row.position:
        logger.warning("parked event %s was removed; it is passed over", row)
        return None
    if row.edited_data is None:
        return found
    return msgspec.structs.replace(found, data=row.edited_data)
