"""
Running a subscription: one batch of one partition in one transaction.

Whoever holds the row lock of the checkpoint works the partition; a crash ends
the transaction and with it the lock. Handlers' writes and the checkpoint
commit together, so each event takes effect exactly once.

A savepoint for each event would cost more than many a handler. So a batch is run
without any, and only if something fails it is rolled back and run again with them.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from functools import cached_property, partial
from typing import Any

from django.db import Error, transaction

from eventstreaming import clock
from eventstreaming.backends.base_streams import BatchBeginning
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import (
    EventsTruncated,
    StreamDeleted,
)
from eventstreaming.models import Subscription
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.batch_sizes import BatchSize
from eventstreaming.processing.calls import EventCaller
from eventstreaming.processing.outages import is_contention, is_outage
from eventstreaming.processing.parking import Parking
from eventstreaming.processing.partitions import buckets_of
from eventstreaming.processing.place_keeping import PlaceKeeper
from eventstreaming.processing.preparing import prepare_subscription
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.replaying import Replay, replay_parked
from eventstreaming.processing.resizing import finish_resize
from eventstreaming.processing.trust import Trust
from eventstreaming.types import StoredEvent

logger = logging.getLogger("eventstreaming.worker")

MAX_BATCH_SECONDS = 0.1  # a batch that appends holds the fence for others


class SubscriptionRunner(PlaceKeeper):
    """
    Runs one subscription, batch by batch, each of the partition whose turn it is.

    One thread uses it. Of a subscription with several partitions, so many threads
    and processes as there are partitions have something to do.
    """

    def __init__(
        self, subscription: EventSubscription, *, careful: bool = False
    ) -> None:
        """Never call a handler twice, because another one failed, if `careful`."""
        super().__init__(subscription)
        self._careful = careful
        self._size = BatchSize(
            subscription.batch_size, grows=subscription.delivery == "exactly_once"
        )
        self._end: int | None = None
        self._ready: ExitStack | None = None  # the transaction of the next batch
        self._call = EventCaller(subscription.function, subscription.name)
        self._passes_over_some = subscription.unknown_types == "skip"

    @cached_property
    def _trust(self) -> Trust:
        return Trust(self.subscription, self.database, careful=self._careful)

    def _begins_with(self) -> Callable[[float], BatchBeginning] | None:
        """See PlaceKeeper. One partition of one stream needs no second statement."""
        declared, store = self.subscription, self.store
        if not (
            store.begins_batches
            and declared.source.is_stream
            and declared.partitions == 1
            and declared.delivery == "exactly_once"
        ):
            return None
        return lambda quiet: store.batch_beginning(
            declared.name,
            declared.source.name,
            declared.event_types,
            self._size.now,
            quiet,
        )

    def prepare(self) -> bool:
        """Create the rows of a new subscription; see prepare_subscription()."""
        prepare_subscription(self.subscription, self.store, self.database)
        return True

    def get_ready(self) -> None:
        """
        Do before a wait what the next batch begins with, up to its first statement.

        The server is told nothing of it, and run_batch() goes on with it. It takes as
        long as that statement does in a process that has slept.
        """
        claims = self.chooser.claims
        if not claims.gets_ready or self._ready is not None:
            return
        with suppress(Error), ExitStack() as stack:  # run_batch() says what is wrong
            stack.enter_context(self.store.batch())
            stack.enter_context(claims.ready())
            self._ready = stack.pop_all()

    def run_batch(self) -> BatchResult:
        """
        Handle the next events of a partition that is free; commit once.

        A partition without events is passed over, so that CAUGHT_UP is true of all.
        """
        tried: list[int] = []
        self._end = self.save_again_at = None
        while True:
            checkpoint, result = self._turn(tried)
            if checkpoint is None:
                return self._nothing(tried)
            if result is not BatchResult.CAUGHT_UP:
                self.chooser.progressed(self._end)
                return result
            if checkpoint.subscription.partitions == 1:
                return result
            self.chooser.rest(checkpoint.pk)
            tried.append(checkpoint.pk)

    def close(self) -> None:
        """Give back what the runner holds beyond a batch: what it is ready with."""
        ready, self._ready = self._ready, None
        if ready is not None:
            with suppress(Error):
                ready.close()

    def _turn(self, tried: list[int]) -> tuple[Any | None, BatchResult]:
        """Take a partition and work it; do it again, carefully, if that fails."""
        return self._trust.attempt(partial(self._transaction, tried, self.handled))

    def _transaction(
        self, tried: list[int], handled: int
    ) -> tuple[Any | None, BatchResult]:
        self.handled = handled  # what was handled before is undone
        ready, self._ready = self._ready, None
        with ready or self.store.batch():
            checkpoint = self.chooser.take(tried, self._end)
            if checkpoint is None:
                return None, BatchResult.CAUGHT_UP
            if checkpoint.attempts:  # what has failed may do so again
                self._trust.is_given = False
            return checkpoint, self._work(checkpoint)

    def _nothing(self, tried: list[int]) -> BatchResult:
        """Say why there is no partition to be worked."""
        if self._end is None:
            self._end = self.subscription.source.end(self.store)
        rows = self.chooser.look_around(tried, self._end)
        if any(row.subscription.state == Subscription.State.STOPPED for row in rows):
            return BatchResult.STOPPED
        if any(row.retry_at is not None or row.is_replaying for row in rows):
            return BatchResult.WAITING
        if rows and all(row.barrier == row.place for row in rows):
            resized = finish_resize(rows[0].subscription, using=self.database)
            return BatchResult.PROGRESSED if resized else BatchResult.BUSY
        left = [row for row in rows if row.pk not in tried and row.place < self._end]
        if left and not self.chooser.has_tried_all:
            return BatchResult.LEFT
        return BatchResult.BUSY if left or not rows else BatchResult.CAUGHT_UP

    def _work(self, checkpoint: Any) -> BatchResult:
        declared, size = self.subscription, self._size.now
        after = checkpoint.offset if declared.source.is_stream else checkpoint.position
        started = clock.monotonic()
        try:
            events, looked_at = self._next_events(checkpoint, after, size)
        except (EventsTruncated, StreamDeleted) as removed:
            return self._lost(checkpoint, removed)
        self._end = looked_at if checkpoint.barrier is None else None
        self._parking = parking = self._parking_of(checkpoint)
        began = clock.monotonic()
        self._begin(checkpoint, events)
        longest = self._longest_batch()
        replay = self._replay(parking, began + longest / 2)
        reached, passed, handled = after, 0, replay.handled
        if self._trust.is_given and not parking.keys:
            passed, last = self._trust.handle_all(events, self._handle, began + longest)
            if last is not None:
                reached, checkpoint.attempts = declared.source.place(last), 0
            handled += passed
            remaining: Sequence[StoredEvent] = ()
        else:
            remaining = events
        for event in remaining:
            if passed and clock.monotonic() > began + longest:
                break
            if parking.holds(event):
                parking.add_behind(event)
            else:
                error = self._handle(event)
                if error is None:
                    handled += 1
                elif declared.on_failure == "park":
                    parking.add_failed(event, error)
                elif not self._skips(checkpoint, event, error):
                    self._save(checkpoint, reached, handled)
                    return self._failed(checkpoint, event, error)
            reached = declared.source.place(event)
            passed += 1
            checkpoint.attempts = 0
            if self._commits_after(event):
                self._save(checkpoint, reached, handled)
                handled = 0
        self._size.note(passed, clock.monotonic() - started)
        if passed == len(events) < size:
            # The rest was filtered out, or its positions are not used.
            before = declared.source.before_first if reached is None else reached
            reached = looked_at if looked_at > before else reached
        if reached == after and not replay.attempts:
            self._note_look(checkpoint)
            return BatchResult.CAUGHT_UP
        if not passed and not replay.attempts and self._may_save_later(checkpoint):
            return BatchResult.CAUGHT_UP
        checkpoint.error, checkpoint.retry_at = "", None
        self._save(checkpoint, reached, handled)
        busy = passed or replay.attempts
        return BatchResult.PROGRESSED if busy else BatchResult.CAUGHT_UP

    def _next_events(
        self, checkpoint: Any, after: int | None, size: int
    ) -> tuple[Sequence[StoredEvent], int]:
        declared, read_along = self.subscription, self.chooser.claims.page
        page = read_along and read_along(after, checkpoint.barrier)
        return page or declared.source.next_events(
            self.store,
            after,
            size,
            declared.event_types,
            buckets=buckets_of(checkpoint),
            until=checkpoint.barrier,
        )

    def _begin(self, checkpoint: Any, events: Sequence[StoredEvent]) -> None:
        """Prepare for a batch, for those who need to."""

    def _replay(self, parking: Parking, until: float) -> Replay:
        """Try again what is parked; see replay_parked()."""
        if not parking.keys:
            return Replay()
        trusts, self._trust.is_given = self._trust.is_given, False
        replay = replay_parked(
            parking, self.store, self._handle, until=until, settling=self._settling
        )
        self._trust.is_given = trusts
        return replay

    def _longest_batch(self) -> float:
        return MAX_BATCH_SECONDS

    def _parking_of(self, checkpoint: Any) -> Parking:
        return Parking(checkpoint, self.subscription.retry, self.database)

    def _settling(self) -> AbstractContextManager[object]:
        """Return a transaction for what becomes of a parked event: the batch's own."""
        return nullcontext()

    def _commits_after(self, event: StoredEvent) -> bool:
        """Say whether the checkpoint is saved before the batch ends."""
        return False

    def _handle(self, event: StoredEvent) -> BaseException | None:
        """Call the function in a savepoint; return what it raised."""
        if self._passes_over_some and self._passes_over(event):
            return None
        if self._trust.is_given:
            self._call(event)  # what it raises undoes the batch
            return None
        try:
            with transaction.atomic(using=self.database):
                self._call(event)
        except BaseException as error:  # SystemExit must not end the thread unseen
            if is_outage(error, self.database) or is_contention(error):
                raise
            return error
        return None

    def _passes_over(self, event: StoredEvent) -> bool:
        """Say whether an event is of a type that is not wanted here."""
        declared = self.subscription
        if event_types.class_of(event.event_type) is not None:
            return False
        logger.info("%s: passed over %r: unknown type", declared.name, event)
        return True
