"""Giving back what dead children held, from a thread: the database may be away."""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from django.db import connections

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.processing.outages import Patience

logger = logging.getLogger("eventstreaming.worker")

# The sessions of a dead process end when the server notices: a claim may still
# commit, and a row be locked. What is missed comes back when its lease ends.
LOOKS = (0.0, 1.0, 5.0)  # seconds after the death


@dataclass(frozen=True, order=True, slots=True)
class Look:
    """When to look for what a worker held in a store."""

    at: float
    worker_id: str
    store: str
    queues: tuple[str, ...]
    begun: tuple[str, ...] | None = field(compare=False)


class DeadWorkers:
    """The dead children of a supervisor, and what they held."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._looks: list[Look] = []
        self._busy = False
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def bury(
        self,
        worker_id: str,
        queues: Mapping[str, list[str]],
        begun: Iterable[str] | None,
    ) -> None:
        """
        Give back what the worker held of these queues, by store.

        The delivery counts for the messages in `begun`; None is all.
        """
        now = clock.monotonic()
        known = None if begun is None else tuple(begun)
        with self._changed:
            for after in LOOKS:
                for store, names in queues.items():
                    look = Look(now + after, worker_id, store, tuple(names), known)
                    heappush(self._looks, look)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="dead-workers", daemon=True
                )
                self._thread.start()

    def finish(self, seconds: float) -> None:
        """Wait for the looks that are due, so many seconds at most."""
        deadline = clock.monotonic() + seconds
        with self._changed:
            while self._busy or (
                self._looks and self._looks[0].at <= clock.monotonic()
            ):
                left = deadline - clock.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
        self._stop.set()

    def _work(self) -> None:
        while not self._stop.is_set():
            look = self._next()
            try:
                self._release(look)
            except Exception:
                logger.exception("what %s held could not be given back", look.worker_id)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _next(self) -> Look:
        with self._changed:
            while True:
                wait = None
                if self._looks:
                    wait = self._looks[0].at - clock.monotonic()
                    if wait <= 0:
                        self._busy = True
                        return heappop(self._looks)
                connections.close_all()
                self._changed.wait(wait)

    def _release(self, look: Look) -> None:
        store = event_stores[look.store]
        patience = Patience("dead workers", store.database, self._stop)
        while not self._stop.is_set():
            released = patience.attempt(
                lambda: store.release_worker(
                    look.worker_id, look.queues, begun=look.begun
                )
            )
            if released is not None:
                if released:
                    logger.info(
                        "gave back %d messages of %s", len(released), look.worker_id
                    )
                return
