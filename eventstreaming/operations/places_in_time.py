"""Where in the store, a category or a stream a time is, by one statement."""

from datetime import datetime
from typing import Any

from django.db import connections, router

from eventstreaming.backends.statements import statement
from eventstreaming.models import Event, Stream

_PLACES = {
    "store": ("position", "TRUE"),
    "category": ("position", "category = %(among)s"),
    "stream": ('"offset"', "stream_id = %(among)s"),
}


def position_since(moment: datetime, category: str | None = None) -> int | None:
    """
    Return the position of the first event that is not older than a moment.

    None is said where all are older. The times of events are those at which their
    transactions began to write, so neighbours may be in another order by some
    milliseconds; a search among them ends at one of them.
    """
    kind = "store" if category is None else "category"
    place = _search(kind, category, moment)
    if place is None:
        return None
    rows = _events().filter(position__gte=place)
    if category is not None:
        rows = rows.filter(category=category)
    found = rows.order_by("position").values_list("position", flat=True)
    return next(iter(found[:1]), None)


def offset_since(stream: Stream, moment: datetime) -> int | None:
    """Return the offset of a stream's first event that is not older; see above."""
    place = _search("stream", stream.pk, moment)
    if place is None:
        return None
    rows = _events().filter(stream_id=stream.pk, offset__gte=place)
    found = rows.order_by("offset").values_list("offset", flat=True)
    return next(iter(found[:1]), None)


def _search(kind: str, among: Any, moment: datetime) -> int | None:
    place, condition = _PLACES[kind]
    connection = connections[router.db_for_read(Event)]
    since = connection.ops.adapt_datetimefield_value(moment)
    sql = statement("first_place_since").format(place=place, among=condition)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"since": since, "among": among})
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _events() -> Any:
    return Event.objects.using(router.db_for_read(Event))
