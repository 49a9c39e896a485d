"""Which queue is served first."""

from collections.abc import Mapping, Sequence

from eventstreaming.processing.registry import QueueHandler


class Turns:
    """
    The order of queues in each claim: strict, or in turn by weight.

    A strict order is always the same. By weight, that queue comes first which has
    given the fewest messages for its weight; the others follow for what it leaves
    over. So of two queues with a backlog one of weight 6 gives twice as many as one
    of weight 3, and none waits for ever. A queue that had nothing to give saves
    nothing up.
    """

    def __init__(
        self, handlers: Sequence[QueueHandler], weights: Mapping[str, int] | None = None
    ) -> None:
        """Take the order to be strict if it has no `weights`; 1 is the default."""
        self.queues = frozenset(handler.queue for handler in handlers)
        self._handlers = list(handlers)
        self._weights = weights
        self._given = {handler.queue: 0.0 for handler in handlers}  # by weight

    def next(self) -> list[QueueHandler]:
        """Return the handlers in the order of the next claim."""
        if self._weights is None:
            return self._handlers
        return sorted(self._handlers, key=lambda handler: self._given[handler.queue])

    def took(self, counts: Mapping[str, int]) -> None:
        """Note how many messages a claim got from each queue."""
        if self._weights is None or not counts:
            return
        first = min(self._given[queue] for queue in counts)
        for queue, given in self._given.items():
            if queue in counts:
                self._given[queue] += counts[queue] / self._weights.get(queue, 1)
            elif given < first:  # it was asked before, and had nothing
                self._given[queue] = first
