"""Partitions on the ORM's store, where no row can be locked."""

import pytest
from django.test import override_settings

from eventstreaming import EventData, append
from eventstreaming.models import Checkpoint
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.types import StoredEvent
from tests.processing.groups import numbers_by_key, work_off, worker

STORES = {
    "default": {},
    "sqlite": {"OPTIONS": {"database": "sqlite"}},
}


@pytest.mark.django_db(databases=["sqlite"], transaction=True)
@pytest.mark.parametrize("partition_by", ["key", "event"])
@pytest.mark.parametrize("source", ["order-*", "order-1"])
def test_each_event_is_handled_once_on_sqlite(source: str, partition_by: str) -> None:
    handled: list[StoredEvent] = []
    events = [EventData("Counted", {"number": n}, key=f"{n % 9}") for n in range(60)]
    with override_settings(EVENT_STORES=STORES):
        append("order-1", events, store="sqlite")
        options = {"store": "sqlite", "partition_by": partition_by, "batch_size": 5}
        group = worker(handled.append, source, partitions=3, **options)
        work_off(group)
        group = worker(handled.append, source, partitions=2, **options)
        assert work_off(group) == [BatchResult.CAUGHT_UP]
    assert sorted(event.data["number"] for event in handled) == list(range(60))
    if partition_by == "key":
        for key, numbers in numbers_by_key(handled).items():
            assert numbers == sorted(numbers), key
    assert Checkpoint.objects.using("sqlite").count() == 2
