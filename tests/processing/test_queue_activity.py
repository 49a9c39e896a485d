"""What workers did in the last hour: measured, written beside the work, added up."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db.models.functions import Now

from eventstreaming import Message, enqueue, enqueue_many
from eventstreaming.models import QueueActivity
from eventstreaming.operations.queue_activity import queue_hours
from eventstreaming.processing import heartbeats
from eventstreaming.processing.attending import Attendant
from eventstreaming.processing.heartbeats import Heartbeats
from eventstreaming.processing.measures import BUCKETS, Durations
from eventstreaming.processing.registry import Handlers, QueueHandler
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def fail_at_odd_numbers(message: Message) -> None:
    if message.data["n"] % 2:
        raise ValueError


def handler_of(queue: str) -> Handlers:
    registry = Handlers()
    registry.add_queue(
        QueueHandler(
            queue=queue,
            function=fail_at_odd_numbers,
            retry=RetryPolicy(1),
            visibility_timeout=None,
            store="default",
        )
    )
    return registry


def test_a_batch_leaves_its_numbers_however_short_it_is() -> None:
    enqueue_many("jobs", [{"n": n} for n in range(10)])
    enqueue("other", {"n": 0})
    worker = Worker(batch=True, registry=handler_of("jobs"))
    with patch.object(heartbeats, "FIRST_BEAT", 60.0):
        beating = Heartbeats(["default"])
        with Attendant(worker, [beating]):
            assert worker.run()
        beating.finish()
    row = QueueActivity.objects.get()
    assert (row.queue, row.done, row.failed, row.depth) == ("jobs", 5, 5, 0)
    assert sum(row.waits) == sum(row.runs) == 10
    hour = queue_hours("default")["jobs"]
    assert (hour.failure_rate, hour.minutes[-1]) == (0.5, 5)
    assert hour.rate_out == pytest.approx(5 / 300)
    assert hour.wait_p95 is not None
    assert 0 < hour.wait_p95 < 60


def row(minutes: float, **columns: object) -> None:
    values = {"worker_id": "w", "done": 0, "failed": 0, "depth": 0}
    nothing = [0] * BUCKETS
    QueueActivity.objects.create(
        **{"queue": "jobs", "waits": nothing, "runs": nothing, **values, **columns},
        at=Now() - timedelta(minutes=minutes),
    )


def test_an_hour_is_added_up() -> None:
    row(70, done=1000)
    row(30.5, done=60, failed=20)
    row(4.5, done=0, depth=100)
    row(0.5, done=120, depth=40)
    hour = queue_hours("default")["jobs"]
    assert sum(hour.minutes) == 180
    assert (hour.minutes[29], hour.minutes[59]) == (60, 120)
    assert hour.rate_out == pytest.approx(120 / 300)
    assert hour.rate_in == pytest.approx((120 - 60) / 300)
    assert hour.failure_rate == pytest.approx(0.1)
    assert (hour.wait_p50, hour.run_p95) == (None, None)


def test_percentiles_are_the_bounds_of_buckets() -> None:
    durations = Durations()
    for seconds in [0.0] * 50 + [0.0031] * 45 + [10**9] * 5:
        durations.add(seconds)
    assert durations.percentile(0.5) == 0.001
    assert durations.percentile(0.95) == 0.004
    assert durations.percentile(1) == 2 ** (BUCKETS - 1) / 1000
