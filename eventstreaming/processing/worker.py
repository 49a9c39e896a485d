"""A worker process: threads that run queue handlers and subscriptions."""

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

from django.db import connections

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.identity import worker_id
from eventstreaming.backends.waking.polling import Polling
from eventstreaming.processing.activity import Activity
from eventstreaming.processing.leased import runner_of
from eventstreaming.processing.loops import SubscriptionLoop
from eventstreaming.processing.measures import QueueMeasures
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.pulses import Pulse
from eventstreaming.processing.queues import QueueRunner
from eventstreaming.processing.registry import Handlers, handlers
from eventstreaming.processing.schedule_loop import (
    LOOK_EVERY,
    ScheduleLoop,
    schedule_loops,
)
from eventstreaming.processing.selection import choose

logger = logging.getLogger("eventstreaming.worker")

ASYNC_CONCURRENCY = 20
REPORT_SECONDS = 10.0
# Of a subscription that is caught up and not shared nothing is left by others, and
# the listener sees all that is new.
ALONE_LONGEST_LIVE = 300.0  # seconds
BATCH_LONGEST = 0.1  # between looks while draining, where waiting only costs time


class Worker:
    """
    Runs handlers by name, or all of them.

    With `batch` it ends when nothing is left to do. `run()` returns whether
    all went well; `stop()` may be called from a signal handler.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        *,
        threads: int = 4,
        async_concurrency: int = ASYNC_CONCURRENCY,
        batch: bool = False,
        exclude: Sequence[str] = (),
        strict: bool = False,
        registry: Handlers = handlers,
    ) -> None:
        """See selection.choose() for `names`, `exclude` and `strict`."""
        registry.discover()
        choice = choose(names, registry, exclude=exclude, strict=strict)
        for handler in registry.queues.values():
            event_stores[handler.store]  # a store that is misconfigured raises here
        self._stop = threading.Event()
        self._activity = Activity()
        self._batch = batch
        self.threads = threads
        self.async_concurrency = async_concurrency
        self.wants_replacement = ""
        self._crashed: list[str] = []
        self.queue_runners = [
            QueueRunner(
                f"queues of {store!r}",
                store,
                list(group),
                threads=threads,
                async_concurrency=async_concurrency,
                activity=self._activity,
                stop=self._stop,
                polling=_polling(batch),
                weights=choice.weights,
                replace=self.ask_for_replacement,
                listens=not batch,
            )
            for store, group in groupby(
                sorted(choice.queues, key=attrgetter("store")), attrgetter("store")
            )
        ]
        self.loops = [
            SubscriptionLoop(
                runner_of(subscription),
                activity=self._activity,
                stop=self._stop,
                polling=_polling(batch, alone=subscription.partitions == 1),
                listens=not batch,
                number=number,
            )
            for subscription in choice.subscriptions
            for number in range(min(subscription.partitions, threads))
        ]
        self.schedules = schedule_loops(
            {
                *(handler.store for handler in choice.queues),
                *(subscription.store for subscription in choice.subscriptions),
            },
            registry,
            activity=self._activity,
            stop=self._stop,
            longest=BATCH_LONGEST if batch else LOOK_EVERY,
            listens=not batch,
        )

    def run(self) -> bool:
        """Work until stopped, or drained in batch mode; then clean up."""
        self._announce()
        self._prepare()
        threads = [
            threading.Thread(target=self._guarded(name, run), name=name, daemon=True)
            for name, run in self._jobs()
        ]
        for thread in threads:
            thread.start()
        self._watch()
        for runner in self._runners():
            runner.ring()  # who waits for news sees that it is to stop
        for thread in threads:
            thread.join()
        self._report("Worker stopped")
        stuck = [loop.name for loop in self.loops if loop.stopped]
        return not self._crashed and not (self._batch and stuck)

    def stop(self) -> None:
        """Begin to drain: claim nothing more, finish what runs."""
        self._stop.set()

    def ask_for_replacement(self, reason: str) -> None:
        """
        Have this process replaced, because of a thread that hangs for example.

        It goes on until its supervisor has another one; without a supervisor it
        drains, and ends with Ending.REPLACE.
        """
        self.wants_replacement = self.wants_replacement or reason

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def has_begun(self) -> bool:
        """Say whether every control loop turns."""
        return all(pulse.has_begun for pulse in self.pulses)

    @property
    def pulses(self) -> list[Pulse]:
        """Return the pulses of the control loops."""
        return [runner.pulse for runner in self._runners()]

    @property
    def queues(self) -> dict[str, list[str]]:
        """Return the names of the queues, by store."""
        return {
            runner.store.alias: [handler.queue for handler in list(runner.handlers)]
            for runner in self.queue_runners
        }

    @property
    def databases(self) -> list[str]:
        """Return the aliases of the databases that the worker works on."""
        found = {runner.store.database for runner in self.queue_runners}
        found |= {loop.runner.database for loop in self.loops}
        return sorted(alias for alias in found if alias is not None)

    @property
    def in_flight(self) -> int:
        """Return how many messages are held."""
        return sum(runner.in_flight for runner in self.queue_runners)

    def counts(self) -> tuple[int, int, int]:
        """Return how many messages are done, attempts failed, events handled."""
        return (
            sum(runner.counts.done.total() for runner in self.queue_runners),
            sum(runner.counts.failed.total() for runner in self.queue_runners),
            sum(loop.runner.handled for loop in self.loops),
        )

    def measures(self) -> dict[str, QueueMeasures]:
        """Return what was done for each queue, as it is now."""
        return {
            queue: measures.copy()
            for runner in self.queue_runners
            for queue, measures in list(runner.counts.measures.items())
        }

    def _jobs(self) -> list[tuple[str, Callable[[], None]]]:
        for runner in self._runners():
            self._activity.join(runner.name)
        return [(runner.name, runner.run) for runner in self._runners()]

    def _runners(self) -> list[QueueRunner | SubscriptionLoop | ScheduleLoop]:
        return [*self.queue_runners, *self.loops, *self.schedules]

    def _guarded(self, name: str, run: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            try:
                run()
            except BaseException:
                logger.critical("%s crashed; the worker stops", name, exc_info=True)
                self._crashed.append(name)
                self._stop.set()
            finally:
                connections.close_all()

        return guarded

    def _prepare(self) -> None:
        """Create the rows of new subscriptions, waiting for the database."""
        for loop in self.loops:
            patience = Patience(loop.name, loop.runner.database, self._stop)
            while not self._stop.is_set():
                if patience.attempt(loop.runner.prepare):
                    break
        connections.close_all()

    def _watch(self) -> None:
        """Wait for the end; say now and then what was done."""
        reported_at, reported = clock.monotonic(), self.counts()
        while not self._stop.wait(0.05 if self._batch else 0.5):
            if self._batch and self._activity.all_done():
                self._stop.set()
            now = clock.monotonic()
            if now - reported_at >= REPORT_SECONDS:
                if self.counts() != reported:
                    self._report("So far")
                reported_at, reported = now, self.counts()

    def _report(self, what: str) -> None:
        done, failed, handled = self.counts()
        logger.info(
            "%s: %d messages done, %d attempts failed, %d events handled",
            what,
            done,
            failed,
            handled,
        )

    def _announce(self) -> None:
        queues = [h.queue for runner in self.queue_runners for h in runner.handlers]
        names = dict.fromkeys(loop.runner.subscription.name for loop in self.loops)
        logger.info(
            "Worker %s: queues %s with %d threads and %d coroutines; subscriptions %s",
            worker_id(),
            ", ".join(queues) or "none",
            self.threads,
            self.async_concurrency,
            ", ".join(names) or "none",
        )


def _polling(batch: bool, *, alone: bool = False) -> Polling:
    if batch:
        return Polling(BATCH_LONGEST, BATCH_LONGEST)
    return Polling(longest_live=ALONE_LONGEST_LIVE if alone else None)
