"""Subscriptions with partitions that a test works itself, as several workers."""

import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from eventstreaming import EventData, append
from eventstreaming.processing import place_keeping
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.leased import runner_of
from eventstreaming.processing.registry import handlers, subscription
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent


def worker(
    function: Callable[..., Any],
    source: str = "order-*",
    *,
    owner: str = "one",
    careful: bool = True,
    **options: Any,
) -> SubscriptionRunner:
    """
    Return a runner as a worker of that name has it.

    It is careful, since functions of tests note their calls outside the database.
    """
    name = options.setdefault("name", "group")
    subscription(source, **options)(function)
    runner = runner_of(handlers.subscriptions.pop(name), careful=careful)
    runner.prepare()
    with mock.patch.object(place_keeping, "worker_id", return_value=owner):
        assert runner.chooser.claims.owner == owner
    return runner


def work_off(*runners: SubscriptionRunner) -> list[BatchResult]:
    """Let the runners take turns until none makes progress; return how that ended."""
    while True:
        results = [runner.run_batch() for runner in runners]
        if BatchResult.LEFT in results:
            time.sleep(0.02)
        elif BatchResult.PROGRESSED not in results:
            return results


def append_keys(count: int, keys: int = 40, stream: str = "order-1") -> None:
    """Append events whose keys take turns."""
    for start in range(0, count, 1_000):
        append(
            stream,
            [
                EventData("Counted", {"number": n}, key=f"{n % keys}-key")
                for n in range(start, min(start + 1_000, count))
            ],
        )


def numbers_by_key(events: list[StoredEvent]) -> dict[str, list[int]]:
    """Return the numbers of each key, in the order of the events."""
    found: dict[str, list[int]] = {}
    for event in events:
        found.setdefault(event.key or event.stream_name, []).append(
            event.data["number"]
        )
    return found
