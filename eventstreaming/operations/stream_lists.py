"""Streams page by page, by name."""

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Stream
from eventstreaming.types import StreamInfo


def streams_after(
    name: str = "", *, limit: int = 100, store: str = DEFAULT_ALIAS
) -> list[StreamInfo]:
    """
    Return the first `limit` streams behind a name, in the order of their names.

    Deleted ones are left out. Raise UnsupportedOperation for a store in no
    database.
    """
    asked = event_stores[store]
    if asked.database is None:
        raise UnsupportedOperation(f"{type(asked).__name__} lists no streams")
    names = (
        Stream.objects.using(asked.database)
        .filter(name__gt=name)
        .exclude(state=Stream.State.DELETED)
        .order_by("name")
        .values_list("name", flat=True)[:limit]
    )
    return asked.stream_infos(list(names))
