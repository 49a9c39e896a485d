"""
Running queue handlers: one control thread claims, extends and answers.

Its connection is its own: a handler's broken transaction cannot touch an
answer. Answers of messages that are done go out together.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
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
from eventstreaming.processing.leases import Leases
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.pool import HandlerPool, Job, Outcome, describe
from eventstreaming.processing.pulses import Pulse
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")

CLAIM_AHEAD_SECONDS = 0.1  # how much unstarted work may lie here
CLAIM_AHEAD_AT_MOST = 200
SETTINGS_KEPT_SECONDS = 5.0


class QueueRunner:
    """Runs the handlers of one store's queues with a pool of threads."""

    def __init__(
        self,
        name: str,
        store: str,
        handlers: Sequence[QueueHandler],
        *,
        threads: int,
        activity: Activity,
        stop: threading.Event,
        polling: Polling,
        listens: bool = True,
    ) -> None:
        self.name = name
        self.handlers = list(handlers)
        self.done = 0
        self.failed = 0
        self.pulse = Pulse()
        self._store_alias = store
        self._threads = threads
        self._activity = activity
        self._stop = stop
        self._polling = polling
        self._listens = listens
        self._leases = Leases()
        self._finished: list[Outcome] = []
        self._settings: dict[str, tuple[QueueSettings, float]] = {}
        self._seconds_per_job = CLAIM_AHEAD_SECONDS
        self._pool: HandlerPool | None = None
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
        self._pool = pool = HandlerPool(self._threads)
        topics = [queue_topic(handler.queue) for handler in self.handlers]
        with self.store.waiters.waiting(topics if self._listens else (), self.ring):
            self._work(pool)
        self.pulse.end()
        pool.close()

    def ring(self, more: bool = False) -> None:
        """Let the runner look for messages now; `more` may come unannounced."""
        self._more_may_come = self._more_may_come or more
        if self._pool is not None:
            self._pool.wake()

    def _work(self, pool: HandlerPool) -> None:
        patience = Patience(self.name, self.store.database, threading.Event())
        draining = False
        while True:
            if self._stop.is_set() and not draining:
                draining = True
                self._give_back(pool, patience)
            if draining and not self._leases and not self._finished:
                break
            patience.attempt(lambda: self._extend(pool))
            patience.attempt(self._settle)
            claimed = None if draining else patience.attempt(lambda: self._claim(pool))
            self._wait(pool, claimed or 0)
            reset_queries()

    def _claim(self, pool: HandlerPool) -> int:
        """Lease what the threads can begin soon; return how many messages."""
        generation = self._activity.generation
        ahead = min(
            int(self._threads * CLAIM_AHEAD_SECONDS / self._seconds_per_job),
            CLAIM_AHEAD_AT_MOST,
        )
        wanted = self._threads + ahead - len(self._leases)
        if wanted <= 0 or (len(self._leases) > self._threads and wanted < ahead // 2):
            return 0  # a claim for a few is dear; the threads have work meanwhile
        claimed = 0
        for handlers, room in self._portions():
            if (asked := min(room, wanted - claimed)) > 0:
                claimed += self._claim_for(handlers, asked, pool)
        if claimed:
            self._activity.happened()
            self._polling.busy()
        elif not self._leases:
            self._activity.idle(self.name, generation)
        return claimed

    def _portions(self) -> Iterator[tuple[list[QueueHandler], float]]:
        """
        Yield handlers to be served together, and how many messages they may get.

        That is all of them, and one by one those that have a bound of their own.
        """
        bounds = {h.queue: self._concurrency(h) for h in self._in_turn()}
        for bounded, group in groupby(self.handlers, lambda h: bounds[h.queue] < inf):
            if not bounded:
                yield list(group), inf
                continue
            for handler in group:
                queue = handler.queue
                yield [handler], bounds[queue] - self._leases.count(queue)

    def _claim_for(
        self, handlers: list[QueueHandler], limit: float, pool: HandlerPool
    ) -> int:
        timeouts = {h.queue: self._timeout(h) for h in handlers}  # it may fail
        messages = self.store.claim_many(
            {
                h.queue: LeaseTerms(h.visibility_timeout, h.max_deliveries)
                for h in handlers
            },
            int(limit),
        )
        by_queue = {handler.queue: handler for handler in handlers}
        jobs = [Job(by_queue[message.stream_name], message) for message in messages]
        if jobs:
            self._leases.take(jobs, timeouts)
            pool.submit(jobs)
        return len(jobs)

    def _in_turn(self) -> list[QueueHandler]:
        """Return the handlers, each first in its turn, so that none starves."""
        self.handlers.append(self.handlers.pop(0))
        return list(self.handlers)

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
        now = clock.monotonic()
        known = self._settings.get(queue)
        if known is None or now >= known[1]:
            settings = self.store.queue_settings(queue)
            known = self._settings[queue] = (settings, now + SETTINGS_KEPT_SECONDS)
        return known[0]

    def _wait(self, pool: HandlerPool, claimed: int) -> None:
        """Wait for an outcome or a ring, or until it is time to look again."""
        pause = 0.0
        if self._leases:
            longest = 0.05 if self._finished else 1.0
            pause = min(self._leases.seconds_to_next(), longest)
            if len(self._leases) < self._threads and not claimed:
                pause = min(pause, self._polling.pause())
        elif not claimed and not self._finished:
            pause = self._polling.pause(live=self.store.waiters.is_live)
        self.pulse.rest(pause)
        self._note(pool.finished(pause))
        if self._more_may_come:
            self._more_may_come = False
            self._polling.rung()

    def _note(self, outcomes: list[Outcome]) -> None:
        self._finished += outcomes
        for outcome in outcomes:
            self._seconds_per_job += (outcome.seconds - self._seconds_per_job) / 20
        self._seconds_per_job = max(self._seconds_per_job, 1e-4)

    def _settle(self) -> None:
        """Answer what is finished: one statement a queue, one for each failure."""
        if not self._finished:
            return
        by_queue: dict[str, list[Message]] = {}
        rest: list[Outcome] = []
        for outcome in self._finished:
            message = outcome.job.message
            if outcome.error is None and not outcome.settled:
                by_queue.setdefault(message.stream_name, []).append(message)
            else:
                rest.append(outcome)
        for queue, messages in by_queue.items():
            lost = self.store.acknowledge_many(queue, messages)
            for message in lost:
                logger.warning("%s: %r was done, but its lease is lost", queue, message)
            self.done += len(messages) - len(lost)
            self._forget(messages)
        for outcome in rest:
            if outcome.error is None:
                self.done += 1
            else:
                self._fail(outcome, outcome.error)
            self._forget([outcome.job.message])
        self._activity.happened()

    def _forget(self, messages: list[Message]) -> None:
        self._leases.drop(messages)
        answered = {message.receipt for message in messages}
        self._finished = [
            outcome
            for outcome in self._finished
            if outcome.job.message.receipt not in answered
        ]

    def _fail(self, outcome: Outcome, error: BaseException) -> None:
        handler, message = outcome.job
        if isinstance(error, KeyboardInterrupt):
            self._interrupt(message)
            return
        try:
            again = self.store.nack(
                message.stream_name,
                message.message_id,
                receipt=message.receipt,
                error=error,
                **handler.retry.decision(message.attempts + 1, error),
            )
        except LeaseLost as lost:
            logger.warning("%r failed with %s; %s", message, describe(error), lost)
            return
        self.failed += 1
        if again:
            logger.warning("%r failed, to be retried: %s", message, describe(error))
        else:
            logger.error(
                "%r failed for good, now a dead letter: %s",
                message,
                describe(error),
                exc_info=error,
            )

    def _interrupt(self, message: Message) -> None:
        """Stop as if told to; the message that asked for it is not to blame."""
        self.store.release([message])
        logger.warning("%r interrupted the worker, which stops", message)
        self._stop.set()

    def _extend(self, pool: HandlerPool) -> None:
        for timeout, messages in self._leases.due().items():
            lost = self.store.extend_many(messages, timeout)
            self._leases.extended(messages)
            self._leases.lost(lost)
            pool.revoke(lost)
            for message in lost:
                logger.warning("%r is not ours any more: its lease is lost", message)

    def _give_back(self, pool: HandlerPool, patience: Patience) -> None:
        unstarted = [job.message for job in pool.take_unstarted()]
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
