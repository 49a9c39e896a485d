"""The three ways to run a worker: alone, as a child, and supervised."""

import gc
import logging
import signal
from collections.abc import Callable, Sequence
from types import FrameType

from eventstreaming.processing.attending import Attendant
from eventstreaming.processing.duties import Duty
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.reports import Report
from eventstreaming.processing.signals import (
    Handler,
    dumping_stacks,
    handling,
    waking,
)
from eventstreaming.processing.stopping import Stopper
from eventstreaming.processing.supervised import ChildsEnd
from eventstreaming.processing.supervisor import Supervisor
from eventstreaming.processing.worker import Worker

logger = logging.getLogger("eventstreaming.worker")


def run_alone(worker: Worker, *, grace: float, duties: Sequence[Duty] = ()) -> Ending:
    """Run a worker in this process, with nobody to replace it."""
    stopper = Stopper(worker)
    signals = 0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal signals
        signals += 1
        name = signal.Signals(number).name
        if signals > 1:
            logger.warning("%s again: stopping at once", name)
            stopper.stop_at_once()
        else:
            logger.info("%s: finishing what runs; again to stop at once", name)
            stopper.drain(grace)

    leaving = _LeavingIfWanted(stopper, grace)
    _spare_collector()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    with (
        handling(dict.fromkeys(numbers, stop)),
        dumping_stacks(),
        Attendant(worker, [*duties, leaving]),
    ):
        went_well = worker.run()
        stopper.finish()
    if not went_well:
        return Ending.FAILED
    return Ending.REPLACE if worker.wants_replacement else Ending.DONE


def _spare_collector() -> None:
    """
    Let the garbage collector pass over what is loaded by now, which stays anyway.

    Django, the project and its libraries are hundreds of thousands of objects, and
    each claim makes enough new ones to have them walked again.
    """
    gc.collect()
    gc.freeze()


class _LeavingIfWanted(Duty):
    """Ends a worker that asks to be replaced: here is nobody who could do that."""

    def __init__(self, stopper: Stopper, grace: float) -> None:
        self._stopper = stopper
        self._grace = grace
        self._is_leaving = False

    def note(self, reports: Sequence[Report]) -> None:
        for report in reports:
            if report.wants_replacement and not self._is_leaving:
                self._is_leaving = True
                logger.error("the worker %s: ending", report.wants_replacement)
                self._stopper.drain(self._grace, Ending.REPLACE)


def run_child(
    worker: Worker,
    line: ChildsEnd,
    *,
    grace: float,
    changes: Callable[[], int] = lambda: 0,
) -> Ending:
    """
    Run a worker for a supervisor.

    Any number of signals lets it drain: a terminal and a service manager send
    theirs to children, too, and when to stop at once is for the supervisor to say.
    """
    stopper = Stopper(worker)

    def stop(number: int, frame: FrameType | None) -> None:
        if not worker.is_stopping:
            logger.info("%s: finishing what runs", signal.Signals(number).name)
        stopper.drain(grace)

    def orphaned() -> None:
        if not worker.is_stopping:
            logger.error("the supervisor is gone: finishing what runs")
        stopper.drain(grace)

    handlers: dict[signal.Signals, Handler] = {
        signal.SIGTERM: stop,
        signal.SIGINT: stop,
        signal.SIGHUP: signal.SIG_IGN,
    }
    with (
        handling(handlers),
        dumping_stacks(),
        Attendant(worker, [line], changes=changes),
    ):
        _spare_collector()
        line.listen(on_drain=lambda: stopper.drain(None), on_end=orphaned)
        went_well = worker.run()
        stopper.finish()
    return Ending.DONE if went_well else Ending.FAILED


def run_supervised(supervisor: Supervisor) -> Ending:
    """Run a supervisor in this process."""
    signals = 0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal signals
        signals += 1
        name = signal.Signals(number).name
        if signals > 1:
            logger.warning("%s again: stopping at once", name)
        else:
            logger.info("%s: finishing what runs; again to stop at once", name)
        supervisor.stop()

    def restart(number: int, frame: FrameType | None) -> None:
        logger.info("SIGHUP: replacing all workers, one after another")
        supervisor.restart()

    def dump(number: int, frame: FrameType | None) -> None:
        supervisor.dump_stacks()

    def notice(number: int, frame: FrameType | None) -> None:
        """Do nothing: that the signal came ends the wait."""

    handlers: dict[signal.Signals, Handler] = {
        signal.SIGTERM: stop,
        signal.SIGINT: stop,
        signal.SIGHUP: restart,
        signal.SIGUSR1: dump,
        signal.SIGCHLD: notice,
    }
    with handling(handlers), waking(supervisor.wakeup.fileno()):
        return supervisor.run()
