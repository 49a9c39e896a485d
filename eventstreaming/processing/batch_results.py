"""What came of a batch."""

from enum import Enum


class BatchResult(Enum):
    PROGRESSED = "progressed"
    CAUGHT_UP = "caught up"
    BUSY = "another worker has it"
    LEFT = "left to the worker that had it"
    FAILED = "failed, to be tried again"
    WAITING = "waiting to try again"
    STOPPED = "stopped"
