"""What was done for each queue in the last hour, from what workers have noted."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.models import QueueActivity
from eventstreaming.processing.measures import Durations

MINUTES = 60
RATE_MINUTES = 5
AT_MOST = 20_000  # rows


@dataclass(slots=True)
class QueueHour:
    """
    One queue's last hour.

    Rates are messages a second in the last five minutes; `rate_in` follows from
    `rate_out` and how the depth has changed. Waits and run times are in seconds, the
    upper bound of a bucket, None when there was nothing. A wait begins with the
    enqueue, so it contains the delay that a message was given. `failure_rate` is the
    share of attempts that failed, and `minutes` are the messages done in each
    minute, the oldest first.
    """

    queue: str
    rate_in: float = 0.0
    rate_out: float = 0.0
    failure_rate: float = 0.0
    wait_p50: float | None = None
    wait_p95: float | None = None
    run_p50: float | None = None
    run_p95: float | None = None
    minutes: list[int] = field(default_factory=lambda: [0] * MINUTES)


def queue_hours(using: str) -> dict[str, QueueHour]:
    """Return the last hour of each queue that workers have worked at."""
    rows = QueueActivity.objects.using(using).filter(
        at__gt=Now() - timedelta(minutes=MINUTES)
    )
    by_queue: defaultdict[str, list[QueueActivity]] = defaultdict(list)
    for row in rows.order_by("-at")[:AT_MOST]:
        by_queue[row.queue].append(row)
    return {queue: _hour(queue, found) for queue, found in sorted(by_queue.items())}


def _hour(queue: str, rows: list[QueueActivity]) -> QueueHour:
    """Add up the rows, the newest of which comes first."""
    hour, waits, runs = QueueHour(queue), Durations(), Durations()
    now = clock.now()
    done = failed = recent = 0
    oldest = rows[0]
    for row in rows:
        age = (now - row.at).total_seconds() / 60
        minute = MINUTES - 1 - int(age)
        hour.minutes[min(max(minute, 0), MINUTES - 1)] += row.done
        done, failed = done + row.done, failed + row.failed
        waits.extend(row.waits)
        runs.extend(row.runs)
        if age <= RATE_MINUTES:
            recent, oldest = recent + row.done, row
    seconds = RATE_MINUTES * 60
    hour.rate_out = recent / seconds
    hour.rate_in = max(0.0, (recent + rows[0].depth - oldest.depth) / seconds)
    hour.failure_rate = failed / (done + failed) if done + failed else 0.0
    hour.wait_p50, hour.wait_p95 = waits.percentile(0.5), waits.percentile(0.95)
    hour.run_p50, hour.run_p95 = runs.percentile(0.5), runs.percentile(0.95)
    return hour
