"""
When a worker turns to partitions that another one has.

Its own come first, so a handler's caches stay warm. Those of others it takes only
when events have lain there for a while: because the other one is gone, is not able
to keep up, or has more than its share.
"""

from collections.abc import Collection
from typing import Any

from eventstreaming import clock
from eventstreaming.processing.claims import Claims

HELP_AFTER = 0.1  # seconds in which an owner begins with what has come
TAKE_AFTER = 0.5  # no owner is away for longer
SHARE_AFTER = 1.0
LOOK_AROUND_SECONDS = 0.5
REST_SECONDS = 0.25  # in which a partition without events is not looked at again


class Chooser:
    """Chooses for one thread of a worker."""

    def __init__(self, claims: Claims, *, alone: bool) -> None:
        self.claims = claims
        self._alone = alone  # the subscription has one partition
        self._rests: dict[int, float] = {}
        self._waiting_since: float | None = None
        self._next_look = 0.0
        # Whether what was not taken is locked, rather than left to its owner.
        self.has_tried_all = True

    def take(self, tried: Collection[int], end: int | None) -> Any | None:
        """Lock the partition to be worked now, if there is one. See Claims."""
        if self._alone:
            return self.claims.take_any(tried, end)
        waited = self._waited()
        self.has_tried_all = waited > TAKE_AFTER
        if waited > HELP_AFTER and not tried:
            found = (
                self.claims.take_any(tried, end)
                if self.has_tried_all
                else self.claims.take_late(tried, end)
            )
            if found is not None:
                self._waiting_since = None
                return found
        found = self._take_own(tried, end)
        if found is None and waited > SHARE_AFTER:
            found = self.claims.take_from_richest(tried, end)
        return found

    def rest(self, partition: int) -> None:
        """Let other partitions come first for a moment: this one has no events."""
        self._rests[partition] = clock.monotonic() + REST_SECONDS

    def progressed(self, end: int | None) -> None:
        """See now and then whether others leave something lying."""
        if not self._alone and clock.monotonic() >= self._next_look:
            self.look_around((), end)

    def look_around(self, tried: Collection[int], end: int | None) -> list[Any]:
        """
        Return all partitions, and note how long events have lain in others'.

        What is parked and to be tried again is such an event: whoever parked it may be
        gone.
        """
        now = clock.monotonic()
        self._next_look = now + LOOK_AROUND_SECONDS
        rows = list(self.claims.rows())
        left = [
            row
            for row in rows
            if row.pk not in tried
            and row.owner not in ("", self.claims.owner)
            and not row.waits
            and (end is None or row.place < end or row.is_due)
            and (row.barrier is None or row.place < row.barrier)
        ]
        if not left:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        return rows

    def _take_own(self, tried: Collection[int], end: int | None) -> Any | None:
        now = clock.monotonic()
        self._rests = {pk: until for pk, until in self._rests.items() if until > now}
        found = self.claims.take_own({*tried, *self._rests}, end)
        if found is None and not self._rests.keys() <= set(tried):
            found = self.claims.take_own(tried, end)
        return found

    def _waited(self) -> float:
        if self._waiting_since is None:
            return 0.0
        return clock.monotonic() - self._waiting_since
