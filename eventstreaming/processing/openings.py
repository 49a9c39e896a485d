"""Whose messages a worker wants now, in what order, and how many at most."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from eventstreaming.processing.jobs import Job
from eventstreaming.processing.leases import Leases
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.processing.rooms import Room
from eventstreaming.processing.turns import Turns


class Openings:
    """
    The places for messages of one store's queues.

    Async handlers have places of their own, so neither kind waits for the other. A
    queue whose messages are of both kinds is served while both have room: nobody
    knows of what kind the next one is.
    """

    def __init__(
        self,
        handlers: Sequence[QueueHandler],
        rooms: Sequence[Room],
        weights: Mapping[str, int] | None,
        leases: Leases,
    ) -> None:
        self._rooms = rooms
        self._leases = leases
        shares = [[h for h in handlers if room.is_async in h.kinds] for room in rooms]
        if any(len(handler.kinds) > 1 for handler in handlers):
            shares = [list(handlers)]  # they take the places of all others
        self._turns = [Turns(share, weights) for share in shares if share]

    def all(self) -> tuple[list[QueueHandler], int]:
        """Return all handlers, and how many messages the rooms have place for."""
        handlers = [handler for turns in self._turns for handler in turns.next()]
        return handlers, min(room.wanted(0) for room in self._rooms)

    def now(self) -> Iterator[tuple[list[QueueHandler], int]]:
        """
        Yield handlers whose messages go to the same rooms, and how many are wanted.

        What was claimed for those before is held by then.
        """
        for turns in self._turns:
            for kinds, group in groupby(turns.next(), lambda h: h.kinds):
                wanted = min(
                    room.wanted(self._leases.count_of_kind(room.is_async))
                    for room in self._rooms
                    if room.is_async in kinds
                )
                if wanted:
                    yield list(group), wanted

    def took(self, jobs: Sequence[Job]) -> None:
        """Note what a claim got."""
        counts = Counter(job.handler.queue for job in jobs)
        for turns in self._turns:
            turns.took({queue: counts[queue] for queue in turns.queues & counts.keys()})
