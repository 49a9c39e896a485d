"""All events with one correlation id, in the one order of the store."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.timezone import is_naive, make_aware

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Event
from eventstreaming.types import StoredEvent


def correlated_events(
    correlation_id: str,
    *,
    from_position: int = 1,
    to_position: int | None = None,
    limit: int = 100,
    store: str = DEFAULT_ALIAS,
) -> list[StoredEvent]:
    """
    Return at most `limit` events of a correlation id, in position order.

    Both positions are inclusive; without `to_position` it is that of the fence, so
    that no event which is still to come has a lower position than one of these.
    Raise UnsupportedOperation for a store in no database.
    """
    arguments.text(correlation_id, "correlation_id")
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} has no correlated events")
    # Before the events are looked at: what is below it is there then.
    last = asked.fence() if to_position is None else to_position
    rows = (
        Event.objects.using(asked.database)
        .filter(
            correlation_id=correlation_id,
            position__gte=from_position,
            position__lte=last,
        )
        .select_related("stream")
        .order_by("position")[:limit]
    )
    return [stored_event(row) for row in rows]


def events_by_id(
    event_ids: Iterable[str], *, store: str = DEFAULT_ALIAS
) -> list[StoredEvent]:
    """
    Return the events with these ids, in position order; other texts are passed over.

    Raise UnsupportedOperation for a store in no database.
    """
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} has no events by id")
    wanted = [found for text in event_ids if (found := _uuid(text)) is not None]
    if not wanted:
        return []
    rows = Event.objects.using(asked.database).filter(event_id__in=wanted)
    rows = rows.select_related("stream").order_by("position")
    return [stored_event(row) for row in rows]


def _uuid(text: str) -> UUID | None:
    """Return the id that a text is in its usual form."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def stored_event(row: Event) -> StoredEvent:
    """Return what a store returns for a row; its stream was selected with it."""
    moment = row.timestamp
    return StoredEvent(
        stream_name=row.stream.name,
        offset=row.offset,
        position=row.position,
        event_id=row.event_id,
        event_type=row.event_type,
        data=row.data,
        metadata=row.metadata,
        schema_version=row.schema_version,
        key=row.key,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        timestamp=make_aware(moment) if is_naive(moment) else moment,
    )
