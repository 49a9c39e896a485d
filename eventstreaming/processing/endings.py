"""How a worker process ends: its exit codes."""

from enum import IntEnum


class Ending(IntEnum):
    """The exit code of `runworker`; 2 are arguments that are wrong."""

    DONE = 0  # drained, after a signal or a batch
    FAILED = 1  # an error, or stopped at once by a second signal
    CUT_OFF = 3  # the grace was over while handlers ran
    REPLACE = 4  # it is to be started again, and says why in its log
