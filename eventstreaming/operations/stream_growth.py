"""Which streams grow, from the newest events: nothing is counted."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from eventstreaming.models import Event
from eventstreaming.operations.partition_status import age

SAMPLE = 1_000  # events
SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class StreamGrowth:
    """
    One stream among the newest 1,000 events of the last hour.

    `events` are its events among them, `rate` how many a second that is, and `idle`
    how many seconds ago the last one was written.
    """

    stream_name: str
    events: int
    rate: float
    idle: float


def stream_growth(using: str) -> list[StreamGrowth]:
    """Return the streams that got events in the last hour, the busiest first."""
    newest: list[tuple[str, datetime]] = list(
        Event.objects.using(using)
        .order_by("-position")
        .values_list("stream__name", "timestamp")[:SAMPLE]
    )
    ages = [(name, age(at)) for name, at in newest]
    recent = [(name, seconds) for name, seconds in ages if seconds <= SECONDS]
    if not recent:
        return []
    # With more events than the sample has, it says nothing of the time before it.
    is_full = len(recent) == SAMPLE
    span = max(1.0, recent[-1][1]) if is_full else SECONDS
    counts = Counter(name for name, _ in recent)
    last = dict(reversed(recent))
    return [
        StreamGrowth(name, count, count / span, last[name])
        for name, count in counts.most_common()
    ]
