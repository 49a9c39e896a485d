"""How a dequeue that waits looks again: soon at first, then every 0.25 s."""

from collections.abc import Iterator

from eventstreaming import clock
from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.types import Duration


def pauses(wait: Duration | None) -> Iterator[float]:
    """Yield how long to sleep between looks until `wait` is over."""
    seconds = checked_wait(wait)
    if seconds is None:
        return iter(())
    return _pauses_until(clock.monotonic() + seconds)


def checked_wait(wait: Duration | None) -> float | None:
    """Check how long to wait for a message."""
    return None if wait is None else arguments.seconds(wait, "wait", limits().wait)


def _pauses_until(deadline: float) -> Iterator[float]:
    pause = 0.02
    while (left := deadline - clock.monotonic()) > 0:
        yield min(left, pause * (0.5 + clock.random()))
        pause = min(pause * 1.5, 0.25)
