"""What happens beside a worker, once a second: it is looked after."""

import logging
import threading
from collections.abc import Callable

from eventstreaming.processing.reports import Report, report_of
from eventstreaming.processing.worker import Worker

logger = logging.getLogger("eventstreaming.worker")

EVERY = 1.0  # seconds
SOON = 0.05  # seconds, until the worker has begun


class Attendant:
    """Has a report of the worker made and handed over, from a thread of its own."""

    def __init__(
        self,
        worker: Worker,
        *duties: Callable[[Report], None],
        changes: Callable[[], int] = lambda: 0,
    ) -> None:
        self._worker = worker
        self._duties = duties
        self._changes = changes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="attendant", daemon=True)

    def start(self) -> None:
        """Hand over a first report, and go on from a thread."""
        self._attend()
        self._thread.start()

    def finish(self) -> None:
        """Hand over a last report."""
        self._stop.set()
        self._thread.join()
        self._attend()

    def _run(self) -> None:
        while not self._worker.has_begun and not self._stop.wait(SOON):
            pass
        while True:
            self._attend()
            if self._stop.wait(EVERY):
                return

    def _attend(self) -> None:
        report = report_of(self._worker, changes=self._changes())
        for duty in self._duties:
            try:
                duty(report)
            except Exception:
                logger.exception("looking after the worker failed; it goes on")
