"""Running one subscription until the worker stops."""

import logging
import threading

from eventstreaming import clock
from eventstreaming.backends.waking.bells import Bell
from eventstreaming.backends.waking.polling import Polling
from eventstreaming.processing.activity import Activity
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.connections import tidy_connections
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.pulses import Pulse
from eventstreaming.processing.subscriptions import SubscriptionRunner

logger = logging.getLogger("eventstreaming.worker")

LEFT_SECONDS = 0.05  # until it may be taken
SAVE_EVERY = 0.25  # seconds, where the place moves with events of others only
LOOK_AGAIN_SECONDS = 5.0  # at a stopped subscription, which may be resumed


class SubscriptionLoop:
    """Runs batch after batch, with pauses when there is nothing to do."""

    def __init__(
        self,
        runner: SubscriptionRunner,
        *,
        activity: Activity,
        stop: threading.Event,
        polling: Polling,
        listens: bool = True,
        number: int = 0,
    ) -> None:
        self.name = f"subscription {runner.subscription.name}"
        if runner.subscription.partitions > 1:
            self.name += f" ({number + 1})"
        self.runner = runner
        runner.save_every = SAVE_EVERY
        self.stopped = False
        self.pulse = Pulse()  # a handler may take its time, so it is never late
        self._activity = activity
        self._stop = stop
        self._polling = polling
        self._listens = listens
        self._bell = Bell()
        self._more_may_come = False

    def run(self) -> None:
        """
        Work until `stop` is set; the batch that runs is finished.

        Whoever sets `stop` calls `ring()` as well.
        """
        topics = [self.runner.subscription.source.topic] if self._listens else []
        with self.runner.store.waiters.waiting(topics, self.ring):
            try:
                self._work()
            finally:
                self.runner.close()

    def ring(self, more: bool = False) -> None:
        """Let the loop look for events now; `more` may come unannounced."""
        self._bell.ring(more)

    def _work(self) -> None:
        patience = Patience(self.name, self.runner.database, self._stop)
        self.pulse.begin()
        while not self._stop.is_set():
            generation = self._activity.generation
            began, before = clock.monotonic(), self.runner.handled
            result = patience.attempt(self.runner.run_batch)
            if handled := self.runner.handled - before:
                seconds = clock.monotonic() - began
                logger.debug("%s: %d events in %.3f s", self.name, handled, seconds)
            tidy_connections()  # before the wait: what wakes it is not kept waiting
            if result is not None:
                self._wait_after(result, generation)

    def _wait_after(self, result: BatchResult, generation: int) -> None:
        if self._more_may_come:
            self._more_may_come = False
            self._polling.rung()
        self._note_stopped(result is BatchResult.STOPPED)
        if result is BatchResult.PROGRESSED:
            self._activity.happened()
            self._polling.busy()
        elif result in (BatchResult.FAILED, BatchResult.WAITING):
            self._activity.happened()
            if (
                result is BatchResult.WAITING
                or self.runner.subscription.partitions == 1
            ):
                self._bell.wait(self._polling.pause())
        elif result is BatchResult.LEFT:
            self._activity.happened()
            self._bell.wait(LEFT_SECONDS)
        elif result is BatchResult.STOPPED:
            self._activity.idle(self.name, generation)
            self._stop.wait(min(LOOK_AGAIN_SECONDS, self._polling.longest * 5))
        elif (save_at := self.runner.save_again_at) is not None:
            self._activity.happened()
            until_save = max(save_at - clock.monotonic(), 0.0)
            if self._bell.wait(min(self._polling.pause(), until_save)):
                self._polling.rung()
        else:
            self._activity.idle(self.name, generation)
            # Nobody rings when a worker that has it crashes.
            caught_up = result is BatchResult.CAUGHT_UP
            is_live = caught_up and self.runner.store.waiters.is_live
            pause = self._polling.pause(live=is_live)
            self.runner.get_ready()
            self._more_may_come = self._bell.wait(pause)  # it is looked at afterwards

    def _note_stopped(self, stopped: bool) -> None:
        if stopped and not self.stopped:
            logger.error("%s is stopped until it is resumed", self.name)
        elif self.stopped and not stopped:
            logger.info("%s goes on", self.name)
        self.stopped = stopped
