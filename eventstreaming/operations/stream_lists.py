"""Streams page by page, by name."""

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Stream
from eventstreaming.types import StreamInfo


def streams_after(
    name: str | None = None, *, limit: int = 100, store: str = DEFAULT_ALIAS
) -> list[StreamInfo]:
    """
    Return the first `limit` streams behind a name (None: of all), in their order.

    Deleted ones are left out. Raise UnsupportedOperation for a store in no
    database.
    """
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} lists no streams")
    streams = Stream.objects.using(asked.database)
    if name is not None:
        streams = streams.filter(name__gt=name)
    known = streams.exclude(state=Stream.State.DELETED).order_by("name")
    return asked.stream_infos(list(known.values_list("name", flat=True)[:limit]))
