"""Which queue is served first."""

from collections.abc import Mapping, Sequence

from eventstreaming.processing.registry import QueueHandler


class Turns:
    """
    The order of queues in each claim: strict, or in turn by weight.

    A strict order is always the same: what stands first is served first. By
    weight, a queue of weight 6 is the first in 6 claims where one of weight 3 is
    the first in 3, so none waits for ever; the others follow for what the first
    one leaves over.
    """

    def __init__(
        self, handlers: Sequence[QueueHandler], weights: Mapping[str, int] | None = None
    ) -> None:
        """Take the order to be strict if it has no `weights`; 1 is the default."""
        self._handlers = list(handlers)
        self._weights = weights
        self._credit = {handler.queue: 0 for handler in handlers}

    def next(self) -> list[QueueHandler]:
        """Return the handlers in the order of the next claim."""
        if self._weights is None:
            return self._handlers
        total = 0
        for queue in self._credit:
            weight = self._weights.get(queue, 1)
            self._credit[queue] += weight
            total += weight
        order = sorted(self._handlers, key=lambda h: -self._credit[h.queue])
        self._credit[order[0].queue] -= total
        return order
