"""Where in the store, a category or a stream a time is, by one statement."""

from datetime import datetime
from typing import Any

from django.db import connections, router

from eventstreaming.backends.statements import statement
from eventstreaming.models import Event, Stream


def position_since(moment: datetime, category: str | None = None) -> int | None:
    """
    Return the position of the first event that is not older than a moment.

    None is said where all are older. The times of events are those at which their
    transactions began to write, so neighbours may be in another order by some
    milliseconds; a search among them ends at one of them.

    Where events came steadily a few of them are looked at, however many there are, and
    never more than a binary search would look at.
    """
    if category is None:
        return _search(moment, "position")
    return _search(moment, "position", "category", category)


def offset_since(stream: Stream, moment: datetime) -> int | None:
    """Return the offset of a stream's first event that is not older; see above."""
    return _search(moment, '"offset"', "stream_id", stream.pk)


def _search(
    moment: datetime, place: str, column: str = "", among: Any = None
) -> int | None:
    connection = connections[router.db_for_read(Event)]
    if connection.vendor == "postgresql":
        sql = statement("first_place_since").format(**_in_order(place, column))
    else:
        sql = statement("first_place_by_halves").format(
            place=place, among=f"{column} = %(among)s" if column else "TRUE"
        )
    since = connection.ops.adapt_datetimefield_value(moment)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"since": since, "among": among})
        row = cursor.fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _in_order(place: str, column: str) -> dict[str, str]:
    """Return what names the index that has the places in order."""
    if not column:
        return {
            "place": place,
            "key": place,
            "among": "",
            "at_most": "TRUE",
            "at_least": "TRUE",
            "descending": f"{place} DESC",
        }
    return {
        "place": place,
        "key": f"{column}, {place}",
        "among": "%(among)s,",
        "at_most": f"{column} <= %(among)s",
        "at_least": f"{column} >= %(among)s",
        "descending": f"{column} DESC, {place} DESC",
    }
