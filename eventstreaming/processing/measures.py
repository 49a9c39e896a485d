"""How long messages wait and run, in a form that can be added up."""

from datetime import datetime
from typing import Self

import msgspec

from eventstreaming.types import Message

BUCKETS = 26  # below 1 ms, 2 ms, 4 ms, … and from 4.6 hours on


class Durations(msgspec.Struct):
    """Counts of durations, in buckets whose bounds double."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * BUCKETS)

    def add(self, seconds: float) -> None:
        """Count one duration; less than none is none."""
        bucket = int(seconds * 1000).bit_length() if seconds > 0 else 0
        self.counts[bucket if bucket < BUCKETS else -1] += 1

    def extend(self, counts: list[int]) -> None:
        """Count what others have counted."""
        for bucket, count in enumerate(counts[:BUCKETS]):
            self.counts[bucket] += count

    def copy(self) -> Self:
        """Return the state of now."""
        return type(self)(list(self.counts))

    def percentile(self, share: float) -> float | None:
        """
        Return the seconds within which a share of them lies; None without any.

        It is the upper bound of a bucket, so at most twice as long as it was.
        """
        wanted = share * sum(self.counts)
        seen = 0
        for bucket, count in enumerate(self.counts):
            seen += count
            if count and seen >= wanted:
                return float(2**bucket) / 1000
        return None

    def since(self, before: Self) -> list[int]:
        """Return what was counted after an earlier state."""
        return [a - b for a, b in zip(self.counts, before.counts, strict=True)]


class QueueMeasures(msgspec.Struct):
    """What a worker has done for one queue since it began."""

    done: int = 0
    failed: int = 0
    waits: Durations = msgspec.field(default_factory=Durations)
    runs: Durations = msgspec.field(default_factory=Durations)

    def note(
        self, message: Message, seconds: float, now: datetime, *, failed: bool
    ) -> None:
        """Count a message whose handler has run for so long."""
        if failed:
            self.failed += 1
        else:
            self.done += 1
        self.runs.add(seconds)
        if message.deliveries == 1:  # a retry has waited because it had to
            self.waits.add((now - message.enqueued_at).total_seconds() - seconds)

    def copy(self) -> Self:
        """Return the state of now."""
        return type(self)(self.done, self.failed, self.waits.copy(), self.runs.copy())
