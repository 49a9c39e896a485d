"""The lag of each partition: exact where it is short, estimated where it is long."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstreaming import event_store
from eventstreaming.models import Checkpoint
from eventstreaming.operations import partition_status
from eventstreaming.operations.subscription_status import (
    SubscriptionStatus,
    subscription_statuses,
)
from tests.operations.histories import write_history
from tests.processing.groups import append_keys, work_off, worker
from tests.sessions import execute

pytestmark = pytest.mark.django_db


def status() -> SubscriptionStatus:
    (found,) = subscription_statuses(event_store, "default")
    return found


@pytest.mark.parametrize("source", ["order-1", "order-*", "*"])
def test_each_partition_has_a_lag_of_its_own(source: str) -> None:
    append_keys(200)
    group = worker(repr, source, partitions=4, batch_size=10)
    found = status()
    assert sum(item.lag for item in found.partitions) == 200
    assert {item.lag_is_exact for item in found.partitions} == {True}
    assert found.lag == max(item.lag for item in found.partitions)
    assert found.alive is None
    group.run_batch()
    after = status()
    assert sum(item.lag for item in after.partitions) == 190
    worked = [item for item in after.partitions if item.idle is not None]
    assert [item.owner for item in worked] == ["one"]
    assert worked[0].alive == pytest.approx(worked[0].idle, abs=1)
    work_off(group)
    assert [item.lag for item in status().partitions] == [0] * 4
    assert status().behind == 0


@pytest.mark.parametrize("source", ["order-1", "order-*", "*"])
def test_a_long_lag_is_estimated_by_one_query_of_a_bounded_sample(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_status, "SAMPLE", 200)
    append_keys(3_000)
    worker(repr, source, partitions=2)
    with CaptureQueriesContext(connection) as queries:
        found = status()
    assert len(found.partitions) == 2
    assert sum("bucket" in query["sql"] for query in queries) <= 2 + 1
    for item in found.partitions:
        assert not item.lag_is_exact
        assert 1_200 < item.lag < 1_800
    assert 2_900 < sum(item.lag for item in found.partitions) < 3_100


def test_a_stuck_subscription_is_told_from_an_idle_one() -> None:
    group = worker(repr, partitions=2)
    append_keys(20)
    work_off(group)
    execute(
        "UPDATE eventstreaming_checkpoint SET progressed_at = now() - '1 h'::interval"
    )
    assert not status().is_stuck  # there is nothing to do
    write_history("order-2", [1_000.0] * 3)
    execute("UPDATE eventstreaming_checkpoint SET looked_at = now()")
    found = status()
    assert found.is_stuck
    assert found.alive is not None
    assert found.idle is not None
    assert found.alive < 60 < found.idle


def test_eventstatus_shows_partitions_and_parked_keys() -> None:
    def handle(event: object) -> None:
        if event.data["number"] == 7:  # type: ignore[attr-defined]
            raise ValueError("no")

    append_keys(20)
    work_off(worker(handle, name="invoices", partitions=2, max_attempts=1))
    out = StringIO()
    call_command("eventstatus", stdout=out)
    text = out.getvalue()
    assert "invoices: 1 keys are parked" in text
    lines = [line.split() for line in text.splitlines() if "invoices / " in line]
    assert [line[:3] for line in lines] == [
        ["invoices", "/", "0"],
        ["invoices", "/", "1"],
    ]
    out = StringIO()
    call_command("eventstatus", "--format", "json", stdout=out)
    (invoices,) = json.loads(out.getvalue())["subscriptions"]
    assert invoices["parked_keys"] == 1
    assert [item["partition"] for item in invoices["partitions"]] == [0, 1]
    assert Checkpoint.objects.count() == 2
