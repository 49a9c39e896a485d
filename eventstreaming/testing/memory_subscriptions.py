"""Running subscriptions of a store that keeps no checkpoints, for tests."""

from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.events.registry import event_types
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.batch_sizes import FIRST
from eventstreaming.processing.calls import handle_event
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.source_places import read_source


class MemorySubscriptionRunner:
    """
    Runs one subscription from where the store's own notes say.

    Attempts are not counted: an event that fails is tried again by the next
    call of run_until_idle(), whatever the policy is.
    """

    def __init__(self, subscription: EventSubscription) -> None:
        self.subscription = subscription
        self._failed = False

    @property
    def store(self) -> BaseEventStore:
        return event_stores[self.subscription.store]

    def prepare(self) -> None:
        """Do nothing: there are no rows."""

    def run_batch(self) -> BatchResult:
        """Handle the next events, until one fails."""
        declared, places = self.subscription, self.store.checkpoints
        if self._failed:
            return BatchResult.WAITING
        after = places.get(declared.name)
        events = list(
            read_source(
                self.store,
                declared.source,
                None if after is None else after + 1,
                limit=declared.batch_size or FIRST,
                event_types=declared.event_types,
            )
        )
        for event in events:
            try:
                if not self._passes_over(event.event_type):
                    handle_event(declared.function, event, declared.name)
            except BaseException:  # who runs it has noted it
                self._failed = True
                return BatchResult.FAILED
            places[declared.name] = declared.source.place(event)
        return BatchResult.PROGRESSED if events else BatchResult.CAUGHT_UP

    def _passes_over(self, type_name: str) -> bool:
        skips = self.subscription.unknown_types == "skip"
        return skips and event_types.class_of(type_name) is None
