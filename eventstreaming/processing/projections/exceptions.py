"""What goes wrong with projections. All are an EventStreamingError."""

from collections.abc import Sequence

from eventstreaming.exceptions import EventStreamingError


class NotProcessedInTime(EventStreamingError, TimeoutError):
    """A subscription has not come to a place within the time that one waited."""

    def __init__(
        self, name: str, place: int, reached: int | None, timeout: float
    ) -> None:
        so_far = "no worker has run it" if reached is None else f"it is at {reached}"
        super().__init__(
            f"subscription {name!r} has not passed {place} within {timeout:g} s: {so_far}"
        )
        self.name = name
        self.place = place
        self.reached = reached
        self.timeout = timeout


class WaitInTransaction(EventStreamingError):
    """One waited for a subscription inside a transaction of one's own."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"subscription {name!r} is not waited for inside a transaction: workers do "
            "not see what was appended in it; wait after the commit"
        )
        self.name = name


class UnknownProjection(EventStreamingError, LookupError):
    """No projection is declared under a name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"no projection {name[:80]!r}; known are {', '.join(known) or 'none'}"[:300]
        )
        self.name = name


class RebuildFailed(EventStreamingError):
    """A rebuild has stopped; what is served is as it was before, if built beside."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"projection {name!r}: {problem}")
        self.name = name
        self.problem = problem
