"""Firing schedules until the worker stops."""

import logging
import threading
from collections.abc import Iterable, Sequence

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.waking.bells import Bell
from eventstreaming.backends.waking.topics import SCHEDULES
from eventstreaming.processing.activity import Activity
from eventstreaming.processing.connections import tidy_connections
from eventstreaming.processing.firing import ScheduleRunner
from eventstreaming.processing.outages import Patience
from eventstreaming.processing.pulses import Pulse
from eventstreaming.processing.registry import Handlers
from eventstreaming.processing.schedule_definitions import ScheduleDefinition
from eventstreaming.processing.schedule_rows import synchronize

logger = logging.getLogger("eventstreaming.worker")

LOOK_EVERY = 15.0  # seconds: for what was changed and not announced
SHORTEST = 0.001
SPREAD = 0.02  # who comes second finds it done
HELD = 0.05  # how long to wait for the run that another worker makes


class ScheduleLoop:
    """
    Sleeps until a run is due, wakes when schedules are changed.

    One for each database, in every worker: who comes first fires.
    """

    def __init__(
        self,
        store: str,
        definitions: Sequence[ScheduleDefinition],
        *,
        activity: Activity,
        stop: threading.Event,
        longest: float = LOOK_EVERY,
        listens: bool = True,
    ) -> None:
        self.name = f"schedules of {store!r}"
        self.runner = ScheduleRunner(event_stores[store])
        self.pulse = Pulse()
        self._store = store
        self._definitions = definitions
        self._activity = activity
        self._stop = stop
        self._longest = longest
        self._listens = listens
        self._bell = Bell()

    def run(self) -> None:
        """
        Work until `stop` is set.

        Whoever sets `stop` calls `ring()` as well.
        """
        self.runner = ScheduleRunner(event_stores[self._store])  # this thread's
        topics = [SCHEDULES] if self._listens else []
        with self.runner.store.waiters.waiting(topics, self.ring):
            self._work()
        self.pulse.end()

    def ring(self, more: bool = False) -> None:
        """Let the loop look at once."""
        self._bell.ring(more)

    def _work(self) -> None:
        patience = Patience(self.name, self.runner.database, self._stop)
        synchronized = False
        while not self._stop.is_set():
            generation = self._activity.generation
            self.pulse.rest(0.0)
            if not synchronized:
                synchronized = patience.attempt(self._synchronize) is True
                continue
            pause = patience.attempt(self._fire_all)
            tidy_connections()
            if pause is not None:
                pause = max(SHORTEST, min(pause, self._longest))
                self._activity.idle(self.name, generation)
                self.pulse.rest(pause)
                self._bell.wait(pause)

    def _synchronize(self) -> bool:
        synchronize(self.runner.database, self._definitions)
        return True

    def _fire_all(self) -> float:
        """Fire what is due; return how long until there may be more."""
        while (pause := self.runner.seconds_to_next()) == 0:
            if not self.runner.fire():
                return HELD
            self._activity.happened()
            if self._stop.is_set():
                break
        return pause + clock.random() * SPREAD


def schedule_loops(
    stores: Iterable[str],
    registry: Handlers,
    *,
    activity: Activity,
    stop: threading.Event,
    longest: float = LOOK_EVERY,
    listens: bool = True,
) -> list[ScheduleLoop]:
    """
    Return a loop for each database of these stores and of declared schedules.

    Raise UnsupportedOperation for a schedule in a store without a database.
    """
    declared = list(registry.schedules.values())
    by_database: dict[str, str] = {}
    for alias in sorted({*stores, *(item.store for item in declared)}):
        database = event_stores[alias].database
        if database is not None:
            by_database.setdefault(database, alias)
    loops = [
        ScheduleLoop(
            alias,
            [d for d in declared if event_stores[d.store].database == database],
            activity=activity,
            stop=stop,
            longest=longest,
            listens=listens,
        )
        for database, alias in by_database.items()
    ]
    for item in declared:
        ScheduleRunner(event_stores[item.store])  # refuses what keeps none
    return loops
