"""Waiting until a subscription has come to a place: read what one has written."""

from asgiref.sync import sync_to_async
from django.db import connections

from eventstreaming import clock
from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.resting import is_in_transaction
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidValue, UnsupportedOperation
from eventstreaming.models import Checkpoint
from eventstreaming.processing.projections.exceptions import (
    NotProcessedInTime,
    WaitInTransaction,
)
from eventstreaming.processing.sources import Source, SourceKind
from eventstreaming.types import Duration, StoredEvent

LONGEST_WAIT = 3_600.0  # seconds
FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


def wait_until_processed(
    name: str,
    place: int | StoredEvent,
    *,
    timeout: Duration = 5.0,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Return when a subscription or projection has passed an event.

        (placed,) = append("orders", OrderPlaced(7))
        wait_until_processed("customer-spending", placed)

    A place may be given instead: an offset for a source of one stream, a position
    elsewhere. All partitions have passed it then: that event and all before it are
    handled, or parked or skipped. The checkpoints are looked at again and again, at
    least ten times a second.

    Raise NotProcessedInTime after `timeout` seconds, InvalidValue for an event that
    the source does not contain, and WaitInTransaction inside a transaction: workers
    do not see what was appended in it.
    """
    wait = _Wait(name, place, timeout, store)
    while (pause := wait.look()) is not None:
        clock.sleep(pause)


async def await_until_processed(
    name: str,
    place: int | StoredEvent,
    *,
    timeout: Duration = 5.0,
    store: str = DEFAULT_ALIAS,
) -> None:
    """See wait_until_processed()."""
    wait = _Wait(name, place, timeout, store)
    look = sync_to_async(wait.look, thread_sensitive=True)
    while (pause := await look()) is not None:
        await clock.asleep(pause)


class _Wait:
    """One wait, and how often it looks."""

    def __init__(
        self, name: str, place: int | StoredEvent, timeout: Duration, store: str
    ) -> None:
        asked = event_stores[store]
        if asked.database is None:
            raise UnsupportedOperation(f"{type(asked).__name__} keeps no checkpoints")
        self._using: str = asked.database
        self._name = arguments.stream_name(name, "name")
        self._seconds = arguments.seconds(timeout, "timeout", LONGEST_WAIT)
        if not isinstance(place, StoredEvent):
            place = arguments.integer(place, "place")
        self._wanted = place
        self._until = clock.monotonic() + self._seconds
        self._pause = FIRST_PAUSE

    def look(self) -> float | None:
        """Return how long to pause before the next look, None at the end."""
        if is_in_transaction(connections[self._using]):
            raise WaitInTransaction(self._name)
        reached, wanted = self._places()
        if reached is not None and reached >= wanted:
            return None
        left = self._until - clock.monotonic()
        if left <= 0:
            raise NotProcessedInTime(self._name, wanted, reached, self._seconds)
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return min(pause, left)

    def _places(self) -> tuple[int | None, int]:
        """Return how far the slowest partition has come, and how far it has to."""
        rows = list(
            Checkpoint.objects.using(self._using)
            .filter(subscription__name=self._name)
            .values_list("subscription__source", "offset", "position")
        )
        if not rows:  # no worker has run it yet
            wanted = self._wanted
            return None, wanted if isinstance(wanted, int) else wanted.position
        source = Source.parse(rows[0][0])
        places = [row[1] if source.is_stream else row[2] for row in rows]
        reached = min(source.before_first if one is None else one for one in places)
        return reached, self._place_in(source)

    def _place_in(self, source: Source) -> int:
        event = self._wanted
        if isinstance(event, int):
            return event
        is_in = {
            SourceKind.STREAM: event.stream_name == source.name,
            SourceKind.CATEGORY: arguments.category_of(event.stream_name)
            == source.name,
            SourceKind.ALL: True,
        }
        if not is_in[source.kind]:
            raise InvalidValue(
                "place", f"{event!r:.120} is not in what {self._name!r:.80} reads"
            )
        return source.place(event)
