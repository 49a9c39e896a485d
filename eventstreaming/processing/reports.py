"""What a worker process says of itself, once a second."""

import os
from pathlib import Path
from typing import Literal

import msgspec

from eventstreaming.backends.identity import worker_id
from eventstreaming.processing.measures import QueueMeasures
from eventstreaming.processing.worker import Worker

State = Literal["starting", "running", "draining"]

_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker is. It crosses a line from a child to its supervisor."""

    worker_id: str
    pid: int
    state: State
    queues: dict[str, list[str]]  # by store
    subscriptions: list[str]
    threads: int
    in_flight: int
    done: int
    failed: int
    handled: int  # events
    late: float  # seconds, of the control loop that hangs the longest
    memory: int | None  # bytes; unknown except on Linux
    wants_replacement: str  # why, if it does
    changes: int  # of its code, since it was started
    measures: dict[str, QueueMeasures] = {}  # by queue, since it was started


def report_of(worker: Worker, *, changes: int = 0) -> Report:
    """Return how a worker of this process is."""
    done, failed, handled = worker.counts()
    state: State = "running" if worker.has_begun else "starting"
    return Report(
        worker_id=worker_id(),
        pid=os.getpid(),
        state="draining" if worker.is_stopping else state,
        queues=worker.queues,
        subscriptions=sorted({item.runner.subscription.name for item in worker.loops}),
        threads=worker.threads,
        in_flight=worker.in_flight,
        done=done,
        failed=failed,
        handled=handled,
        late=max((pulse.seconds_late() for pulse in worker.pulses), default=0.0),
        memory=_memory(),
        wants_replacement=worker.wants_replacement,
        changes=changes,
        measures=worker.measures(),
    )


def _memory() -> int | None:
    """Return the bytes of this process that are in memory."""
    try:
        resident = Path("/proc/self/statm").read_text().split()[1]
    except (OSError, IndexError):
        return None
    return int(resident) * _PAGE_SIZE
