"""
Running queue handlers: one control thread claims, extends and answers.

Its connection is its own: a handler's broken transaction cannot touch an
answer. Answers of messages that are done go out together.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import iscoroutinefunction
from itertools import groupby
from math import inf

from django.db import reset_queries

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.waking.polling import Polling
from eventstreaming.backends.waking.topics import queue_topic
from eventstreaming.events.queue_settings import QueueSettings
from eventstreaming.exceptions import LeaseLost
from eventstreaming.processing.activity import Activity
from eventstreaming.processing.answers import Answers
from eventstreaming.processing.coroutines import CoroutinePool
from eventstreaming.processing.counts import Counts
from eventstreaming.processing.jobs import Inbox, Job, Pool
from eventstreaming.processing.leases import Leases
from eventstreaming.processing.openings import Openings
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.overseeing import Overseer
from eventstreaming.processing.pool import HandlerPool
from eventstreaming.processing.pulses import Pulse
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.processing.rooms import Room
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")

SETTINGS_KEPT_SECONDS = 5.0


class QueueRunner:
    """
    Runs the handlers of one store's queues.

    Those that are functions run in `threads`, coroutines on one event loop, at
    most `async_concurrency` at a time.
    """

    def __init__(
        self,
        name: str,
        store: str,
        handlers: Sequence[QueueHandler],
        *,
        threads: int,
        async_concurrency: int,
        activity: Activity,
        stop: threading.Event,
        polling: Polling,
        weights: Mapping[str, int] | None,
        replace: Callable[[str], None],
        listens: bool = True,
    ) -> None:
        self.name = name
        self.handlers = list(handlers)
        self._is_async = {h.queue: True in h.kinds for h in handlers}
        self.counts = Counts()
        self.pulse = Pulse()
        self._store_alias = store
        self._sizes = (threads, async_concurrency)
        self._weights = weights
        self._activity = activity
        self._stop = stop
        self._polling = polling
        self._listens = listens
        self._leases = Leases()
        self._answers = Answers(self._leases, activity, self.counts, stop)
        self._settings: Mapping[str, QueueSettings] = {}
        self._settings_read_at = -inf
        self._inbox = Inbox()
        self._rooms: list[Room] = []
        self._openings: Openings  # of the rooms, which run() makes
        self._overseer = Overseer(self._rooms, self._leases, self._answers, replace)
        self._more_may_come = False

    @property
    def store(self) -> BaseEventStore:
        return event_stores[self._store_alias]

    @property
    def in_flight(self) -> int:
        """Return how many messages are held, begun or not."""
        return len(self._leases)

    def run(self) -> None:
        """
        Work until `stop` is set; then finish what runs and give back the rest.

        Whoever sets `stop` calls `ring()` as well.
        """
        self._rooms += self._made_rooms()
        self._openings = Openings(
            self.handlers, self._rooms, self._weights, self._leases
        )
        topics = [queue_topic(handler.queue) for handler in self.handlers]
        with self.store.waiters.waiting(topics if self._listens else (), self.ring):
            self._work()
        self.pulse.end()
        for room in self._rooms:
            room.pool.close()

    def ring(self, more: bool = False) -> None:
        """Let the runner look for messages now; `more` may come unannounced."""
        self._more_may_come = self._more_may_come or more
        self._inbox.wake()

    def _made_rooms(self) -> Iterator[Room]:
        threads, coroutines = self._sizes
        for is_async, pool, size in (
            (False, HandlerPool, threads),
            (True, CoroutinePool, coroutines),
        ):
            if any(is_async in handler.kinds for handler in self.handlers):
                made: Pool = pool(size, self._inbox)
                yield Room(made, is_async=is_async)

    def _work(self) -> None:
        patience = Patience(self.name, self.store.database, threading.Event())
        draining = False
        while True:
            if self._stop.is_set() and not draining:
                draining = True
                self._give_back(patience)
            if draining and not self._leases and not self._answers:
                break
            patience.attempt(self._extend)
            patience.attempt(lambda: self._overseer.look(self.store))
            patience.attempt(lambda: self._answers.tell(self.store))
            claimed = None if draining else patience.attempt(self._claim)
            patience.attempt(self._renew_settings)
            self._wait(claimed or 0)
            reset_queries()

    def _claim(self) -> int:
        """Lease what the pools can begin soon; return how many messages."""
        # As a rule they are renewed behind the claim, so that no message waits for it.
        self._renew_settings(age=2 * SETTINGS_KEPT_SECONDS)
        generation = self._activity.generation
        claimed = 0
        # An idle worker looks everywhere at once.
        openings = self._openings.now() if self._leases else [self._openings.all()]
        for handlers, wanted in openings:
            taken = 0
            for portion, bound in self._portions(handlers):
                if (asked := min(bound, wanted - taken)) > 0:
                    taken += self._claim_for(portion, int(asked))
            claimed += taken
        if claimed:
            self._activity.happened()
            self._polling.busy()
        elif not self._leases:
            self._activity.idle(self.name, generation)
        return claimed

    def _portions(
        self, handlers: list[QueueHandler]
    ) -> Iterator[tuple[list[QueueHandler], float]]:
        """
        Yield handlers to be served together, and how many messages they may get.

        That is all of them, and one by one those that have a bound of their own.
        """
        bounds = {h.queue: self._concurrency(h) for h in handlers}
        for bounded, group in groupby(handlers, lambda h: bounds[h.queue] < inf):
            if not bounded:
                yield list(group), inf
                continue
            for handler in group:
                queue = handler.queue
                yield [handler], bounds[queue] - self._leases.count(queue)

    def _claim_for(self, handlers: list[QueueHandler], limit: int) -> int:
        timeouts = {h.queue: self._timeout(h) for h in handlers}
        messages = self.store.claim_many(
            {
                h.queue: LeaseTerms(h.visibility_timeout, h.max_deliveries)
                for h in handlers
            },
            limit,
        )
        by_queue = {handler.queue: handler for handler in handlers}
        jobs = [
            self._job(by_queue[message.stream_name], message) for message in messages
        ]
        if jobs:
            self._leases.take(jobs, timeouts)
            self._overseer.expect(jobs)
            self._openings.took(jobs)
            for room in self._rooms:
                room.pool.submit([job for job in jobs if room.is_for(job)])
        return len(jobs)

    def _job(self, handler: QueueHandler, message: Message) -> Job:
        timeout = self._queue_settings(handler.queue).timeout
        try:
            own = handler.timeout_of(message)
        except Exception:  # the project's function must not stop a worker
            logger.exception("%r: its own time-out is not known", message)
            own = None
        function, is_async = handler.function, self._is_async[handler.queue]
        if handler.choice is not None:
            function = handler.choice(message)
            is_async = iscoroutinefunction(function)
        return Job(
            handler, message, function, is_async, timeout if own is None else own
        )

    def _timeout(self, handler: QueueHandler) -> float:
        """Return the seconds that a lease on the queue lasts."""
        if handler.visibility_timeout is not None:
            return handler.visibility_timeout
        return self._queue_settings(handler.queue).visibility_timeout

    def _concurrency(self, handler: QueueHandler) -> float:
        """Return how many messages of the queue may be here at a time."""
        if handler.concurrency is not None:
            return handler.concurrency
        return self._queue_settings(handler.queue).concurrency or inf

    def _queue_settings(self, queue: str) -> QueueSettings:
        """Return the settings in force, or those of a moment ago."""
        return self._settings[queue]

    def _renew_settings(self, *, age: float = SETTINGS_KEPT_SECONDS) -> None:
        """Read the settings if they are older than `age` seconds."""
        now = clock.monotonic()
        if now < self._settings_read_at + age:
            return
        names = [handler.queue for handler in self.handlers]
        self._settings = self.store.queue_settings_of(names)
        self._settings_read_at = now

    def _wait(self, claimed: int) -> None:
        """Wait for an outcome or a ring, or until it is time to look again."""
        pause = 0.0
        if self._leases:
            longest = 0.05 if self._answers else self._overseer.tick
            pause = min(self._leases.seconds_to_next(), longest)
            has_room = any(
                self._leases.count_of_kind(room.is_async) < room.pool.size
                for room in self._rooms
            )
            if has_room and not claimed:
                pause = min(pause, self._polling.pause())
        elif not claimed and not self._answers:
            pause = self._polling.pause(live=self.store.waiters.is_live)
        self.pulse.rest(pause)
        outcomes = self._inbox.take(pause)
        self._answers.add(outcomes)
        for room in self._rooms:
            room.note([outcome for outcome in outcomes if room.is_for(outcome.job)])
        if self._more_may_come:
            self._more_may_come = False
            self._polling.rung()

    def _extend(self) -> None:
        for timeout, messages in self._leases.due().items():
            lost = self.store.extend_many(messages, timeout)
            self._leases.extended(messages)
            self._leases.lost(lost)
            for message in lost:
                error = LeaseLost(message.stream_name, message.message_id, "taken")
                job = self._leases.job_of(message)
                for room in self._rooms:
                    if room.is_for(job):
                        room.pool.revoke(message, error)
                logger.warning("%r is not ours any more: its lease is lost", message)

    def _give_back(self, patience: Patience) -> None:
        unstarted = [
            job.message for room in self._rooms for job in room.pool.take_unstarted()
        ]
        if unstarted:
            patience.attempt(lambda: self.store.release(unstarted))
            self._leases.drop(unstarted)
        running = len(self._leases)
        if unstarted or running:
            logger.info(
                "%s: gave back %d messages, waiting for %d that run",
                self.name,
                len(unstarted),
                running,
            )
