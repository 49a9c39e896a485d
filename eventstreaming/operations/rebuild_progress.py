"""How far a rebuild has come."""

from dataclasses import dataclass

from eventstreaming import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProgress:
    """Events handled, events per second, the share of places, seconds to come."""

    events: int
    rate: float
    fraction: float
    remaining: float | None


class Track:
    """Follows one rebuild; what it still has to do may grow."""

    def __init__(self, *, left: int, handled: int) -> None:
        self._began = clock.monotonic()
        self._handled = handled
        self._total = left
        self._left = left

    @property
    def seconds(self) -> float:
        """Return for how long it has been going on."""
        return clock.monotonic() - self._began

    def at(self, *, left: int, handled: int) -> RebuildProgress:
        """Return what to tell, with `left` places to come."""
        self._total += max(0, left - self._left)
        self._left = left
        passed = self._total - left
        seconds = max(self.seconds, 1e-6)
        events = handled - self._handled
        return RebuildProgress(
            events=events,
            rate=events / seconds,
            fraction=passed / self._total if self._total else 1.0,
            remaining=seconds * left / passed if passed else None,
        )
