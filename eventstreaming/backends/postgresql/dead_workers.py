"""What a worker held that has died, given back before its leases end."""

from collections.abc import Collection, Iterable

from eventstreaming.backends.postgresql.lanes import LOWEST
from eventstreaming.backends.relational import RelationalStore
from eventstreaming.backends.waking.topics import queue_topic
from eventstreaming.events import arguments

PAGE = 10_000
BEHIND_ALL = 2**63 - 1


class DeadWorkerOperations(RelationalStore):
    """
    Finding a worker's leases without an index on them.

    Claims take the first messages of a lane (the messages of one rank), so they
    lie at its beginning: the walk goes on to the next lane after a page that no
    claim has reached. Its cost follows what is in flight, not the backlog.
    """

    def release_worker(
        self,
        worker_id: str,
        queues: Iterable[str],
        *,
        begun: Collection[str] | None = None,
    ) -> list[str]:
        """See BaseQueues.release_worker(). A statement or more for each lane."""
        released: list[str] = []
        for queue in queues:
            found = self._release_in(queue, worker_id, begun)
            if found:
                self.announce(queue_topic(queue))
            released += found
        return released

    def _release_in(
        self, queue: str, worker_id: str, begun: Collection[str] | None
    ) -> list[str]:
        released: list[str] = []
        rank, number = LOWEST, 0
        while True:
            ((size, rank_of_last, last, delivered, pairs),) = self._execute(
                "release_worker",
                {
                    "queue": queue,
                    "rank": rank,
                    "id": number,
                    "limit": PAGE,
                    "worker_id": worker_id,
                    "begun": None if begun is None else [int(key) for key in begun],
                },
            )
            released += [arguments.receipt_of(*pair) for pair in pairs]
            if size < PAGE:
                return released
            rank, number = rank_of_last, last if delivered else BEHIND_ALL
