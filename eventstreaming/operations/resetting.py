"""Moving a subscription to another place: back, to do it again, or ahead."""

from datetime import datetime
from enum import Enum
from typing import Final

from django.db import transaction
from django.db.models import F

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.events import arguments
from eventstreaming.exceptions import (
    InvalidType,
    InvalidValue,
    UnknownSubscription,
    UnsupportedOperation,
)
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.operations.times import aware_time
from eventstreaming.processing.source_places import bounds_of, place_at
from eventstreaming.processing.sources import Source


class Edge(Enum):
    """A place that has no number of its own."""

    BEGINNING = "beginning"
    END = "end"


BEGINNING: Final = Edge.BEGINNING
END: Final = Edge.END


def reset_subscription(
    name: str, to: int | datetime | Edge, *, store: str = DEFAULT_ALIAS
) -> int:
    """
    Let a subscription go on with the first event at or after `to`; return its place.

    `to` is an offset for a source of one stream and a position elsewhere, a time,
    BEGINNING or END. All partitions move together, in one transaction that waits
    for the batches that run: what they have done is done. What lies behind the
    new place is handled again, so handlers must bear that. Failed attempts are
    forgotten; a stopped subscription stays stopped, and parked events stay.

    Raise UnknownSubscription when no worker has run it yet, InvalidValue for a
    place behind the end, and UnsupportedOperation while its number of partitions
    changes, or for a store in no database.
    """
    asked = event_stores[store]
    using = asked.database
    if using is None:
        raise UnsupportedOperation(f"{type(asked).__name__} keeps no checkpoints")
    name = arguments.stream_name(name, "name")
    row = Subscription.objects.using(using).filter(name=name).first()
    if row is None:
        raise UnknownSubscription(name)
    source = Source.parse(row.source)
    place = _place(asked, source, to)
    with transaction.atomic(using=using):
        checkpoints = Checkpoint.objects.using(using).filter(subscription=row)
        locked = list(checkpoints.select_for_update().order_by("partition"))
        if any(checkpoint.barrier is not None for checkpoint in locked):
            raise UnsupportedOperation(
                f"subscription {name!r}: its number of partitions is changing; reset it "
                "when that is done"
            )
        reached = None if place <= source.before_first + 1 else place - 1
        checkpoints.update(
            **{"offset" if source.is_stream else "position": reached},
            attempts=0,
            error="",
            retry_at=None,
            rebuild_until=None,
            epoch=F("epoch") + 1,  # who holds a lease may not move it back
            leased_until=None,
        )
    return place


def _place(store: BaseEventStore, source: Source, to: object) -> int:
    first, last = bounds_of(store, source)
    if to is BEGINNING:
        return first
    if to is END:
        return last + 1
    if isinstance(to, datetime):
        aware_time(to, "to")
        return place_at(store, source, to)
    if isinstance(to, bool) or not isinstance(to, int):
        raise InvalidType(
            "to",
            f"must be a place, a datetime, BEGINNING or END, not {type(to).__name__}",
        )
    if not 0 <= to <= last + 1:
        raise InvalidValue(
            "to", f"{to} is not in 0 to {last + 1}, the end", limit=last + 1
        )
    return to
