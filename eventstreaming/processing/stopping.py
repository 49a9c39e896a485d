"""Stopping a worker process: in time, or at once."""

import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping

from django.db import connections

from eventstreaming.backends import event_stores
from eventstreaming.backends.identity import worker_id
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.slates import slate
from eventstreaming.processing.worker import Worker

logger = logging.getLogger("eventstreaming.worker")

RELEASE_SECONDS = 2.0  # for giving back what runs; the database may be away


class Stopper:
    """
    Ends a worker of this process.

    What still runs when the grace is over is cut off: its messages are given back
    just before the process ends, and are delivered again at once.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._is_timed = False
        self._has_ended = threading.Event()

    def drain(self, grace: float | None, ending: Ending = Ending.CUT_OFF) -> None:
        """
        Claim nothing more; finish what runs, within `grace` seconds if given.

        Past the grace the process ends with `ending`. It may be called from a
        signal handler, and again: the first grace counts.
        """
        self._worker.stop()
        if grace is not None and not self._is_timed:
            self._is_timed = True
            self._in_thread(lambda: self._cut_off_after(grace, ending))

    def finish(self) -> None:
        """Cut nothing off: the worker has ended in time."""
        self._has_ended.set()

    def stop_at_once(self) -> None:
        """End the process now; it may be called from a signal handler."""
        self._in_thread(lambda: self._cut_off(Ending.FAILED))

    def _in_thread(self, function: Callable[[], None]) -> None:
        threading.Thread(target=function, name="stopper", daemon=True).start()

    def _cut_off_after(self, grace: float, ending: Ending) -> None:
        if self._has_ended.wait(grace):
            return
        logger.warning(
            "%g s are over and %d messages still run: cutting them off",
            grace,
            self._worker.in_flight,
        )
        self._cut_off(ending)

    def _cut_off(self, ending: Ending) -> None:
        releasing = threading.Thread(
            target=give_back_own, args=(self._worker.queues,), daemon=True
        )
        releasing.start()
        releasing.join(RELEASE_SECONDS)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ending)


def give_back_own(queues: Mapping[str, list[str]]) -> None:
    """Give back all that this process holds; it is about to end."""
    try:
        for store, names in queues.items():
            event_stores[store].release_worker(worker_id(), names, begun=slate.begun())
    except Exception as error:  # the leases end by themselves
        logger.warning("the messages that ran could not be given back: %s", error)
    finally:
        connections.close_all()
