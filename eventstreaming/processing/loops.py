"""Running one subscription until the worker stops."""

import logging
import threading

from eventstreaming.processing.activity import Activity
from eventstreaming.processing.connections import tidy_connections
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.polling import Polling
from eventstreaming.processing.subscriptions import BatchResult, SubscriptionRunner

logger = logging.getLogger("eventstreaming.worker")

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
    ) -> None:
        self.name = f"subscription {runner.subscription.name}"
        self.runner = runner
        self.stopped = False
        self._activity = activity
        self._stop = stop
        self._polling = polling

    def run(self) -> None:
        """Work until `stop` is set; the batch that runs is finished."""
        patience = Patience(self.name, self.runner.database, self._stop)
        while not self._stop.is_set():
            generation = self._activity.generation
            result = patience.attempt(self.runner.run_batch)
            if result is not None:
                self._stop.wait(self._pause_after(result, generation))
            tidy_connections()

    def _pause_after(self, result: BatchResult, generation: int) -> float:
        self._note_stopped(result is BatchResult.STOPPED)
        if result is BatchResult.PROGRESSED:
            self._activity.happened()
            self._polling.busy()
            return 0.0
        if result in (BatchResult.FAILED, BatchResult.WAITING):
            self._activity.happened()
            return self._polling.pause()
        self._activity.idle(self.name, generation)
        if result is BatchResult.STOPPED:
            return min(LOOK_AGAIN_SECONDS, self._polling.longest * 5)
        return self._polling.pause()

    def _note_stopped(self, stopped: bool) -> None:
        if stopped and not self.stopped:
            logger.error("%s is stopped until it is resumed", self.name)
        elif self.stopped and not stopped:
            logger.info("%s goes on", self.name)
        self.stopped = stopped
