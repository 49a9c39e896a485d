"""What is measured, in the order of the report."""

from benchmarks.scenario import Scenario
from benchmarks.scenarios import (
    appends,
    backlogs,
    commits,
    growth,
    latency,
    queues,
    reads,
    subscriptions,
    transactions,
    workers,
)


def all_scenarios(*, events: int) -> list[Scenario]:
    """Return every scenario; the table that is read has twice `events`."""
    return [
        *appends.scenarios(),
        *transactions.scenarios(),
        *reads.scenarios(events=events),
        *growth.scenarios(events=events),
        *subscriptions.scenarios(events=events),
        *queues.scenarios(),
        *backlogs.scenarios(),
        *workers.scenarios(),
        *latency.scenarios(),
        *commits.scenarios(),
    ]
