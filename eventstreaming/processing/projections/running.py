"""Running a projection: event by event, or a whole batch at once."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from math import inf
from typing import Any

from django.db import transaction

from eventstreaming.events.registry import event_types
from eventstreaming.processing.outages import is_contention, is_outage
from eventstreaming.processing.projections.declaring import Projection
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")


class ProjectionRunner(SubscriptionRunner):
    """
    Runs a projection; see SubscriptionRunner.

    It has an instance of its own, which it tells whether events are handled anew.
    """

    def __init__(
        self, subscription: EventSubscription, *, careful: bool = False
    ) -> None:
        """See SubscriptionRunner."""
        self.projection = _new_instance(subscription.function)
        declared = replace(subscription, function=self.projection)
        super().__init__(declared, careful=careful)
        self._is_bulk = type(self.projection).project is not Projection.project
        self._rebuild_until: int | None = None
        self._done: set[int] = set()

    def _begin(self, checkpoint: Any, events: Sequence[StoredEvent]) -> None:
        self._rebuild_until = checkpoint.rebuild_until
        self._done = set()
        if self._is_bulk and not checkpoint.attempts:
            self._handle_together(events)

    def _longest_batch(self) -> float:
        return inf if self._done else super()._longest_batch()

    def _handle_together(self, events: Sequence[StoredEvent]) -> None:
        """Give all events to the projection at once; one after another if it fails."""
        free = [event for event in events if not self._is_left_out(event)]
        if len(free) < 2:
            return
        try:
            with transaction.atomic(using=self.database):
                for anew, some in groupby(free, self._is_handled_anew):
                    self.projection.is_rebuilding = anew
                    self.projection.project(list(some))
        except BaseException as error:
            if is_outage(error, self.database) or is_contention(error):
                raise
            logger.info(
                "%s: a batch of %d events failed, so they are handled one by one: %r",
                self.subscription.name,
                len(free),
                error,
            )
            return
        self._done = {event.position for event in free}

    def _handle(self, event: StoredEvent) -> BaseException | None:
        if event.position in self._done:
            return None
        self.projection.is_rebuilding = self._is_handled_anew(event)
        return super()._handle(event)

    def _is_left_out(self, event: StoredEvent) -> bool:
        if self._parking is not None and self._parking.holds(event):
            return True
        return (
            self.subscription.unknown_types == "skip"
            and event_types.class_of(event.event_type) is None
        )

    def _is_handled_anew(self, event: StoredEvent) -> bool:
        until = self._rebuild_until
        return until is not None and self.subscription.source.place(event) <= until


def _new_instance(function: Any) -> Projection:
    made: Projection = type(function)()
    return made
