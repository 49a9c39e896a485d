"""What happens beside a worker, once a second: it is looked after."""

import threading
from collections.abc import Callable, Sequence

from eventstreaming.processing.duties import Duty, attend
from eventstreaming.processing.reports import report_of
from eventstreaming.processing.worker import Worker

EVERY = 1.0  # seconds
SOON = 0.05  # seconds, until the worker has begun


class Attendant:
    """Has reports of the worker of this process noted, from a thread of its own."""

    def __init__(
        self,
        worker: Worker,
        duties: Sequence[Duty],
        *,
        changes: Callable[[], int] = lambda: 0,
    ) -> None:
        self._worker = worker
        self._duties = duties
        self._changes = changes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="attendant", daemon=True)

    def __enter__(self) -> None:
        """Have a first report noted, and go on from a thread."""
        for duty in self._duties:
            duty.start()
        self._attend()
        self._thread.start()

    def __exit__(self, *exc_info: object) -> None:
        """Have a last report noted."""
        self._stop.set()
        self._thread.join()
        self._attend()
        for duty in self._duties:
            duty.finish()

    def _run(self) -> None:
        while not self._worker.has_begun and not self._stop.wait(SOON):
            pass
        while True:
            self._attend()
            if self._stop.wait(EVERY):
                return

    def _attend(self) -> None:
        attend(self._duties, [report_of(self._worker, changes=self._changes())])
