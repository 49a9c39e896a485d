"""What a projection declares, and how its events are handled."""

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from eventstreaming import append
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing.projections.exceptions import (
    NotProcessedInTime,
    WaitInTransaction,
)
from eventstreaming.processing.registry import handlers
from eventstreaming.projections import (
    Projection,
    await_until_processed,
    handles,
    wait_until_processed,
)
from eventstreaming.types import EventData
from tests.group_proofs.worker import folded
from tests.projections.tallying import (
    NAME,
    Log,
    TallyingInBulk,
    rows,
    tallying,
    work,
    worker,
)
from tests.workerapp.models import Tally


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_one_call_and_only_what_fails_is_parked() -> None:
    log = Log()
    log.append(200)
    with tallying(
        TallyingInBulk, partitions=1, on_failure="park", broken={60}
    ) as declared:
        work()
        (key,) = {key for key, numbers in log.numbers.items() if 60 in numbers}
        found = rows()
        assert found.pop(key) == folded(log.numbers[key][:3])
        assert found == log.fold(key)
        # The second batch failed and was repeated one by one; later ones were not.
        assert declared.batches[:3] == [50, 50, 1]
        assert declared.batches[-1] > 1


def test_its_types_are_what_is_read() -> None:
    with tallying():
        declared = handlers.subscriptions[NAME]
        assert declared.event_types == ["Counted"]
        assert declared.partitions == 4


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"models": [Tally], "name": "bad"}, "source"),
        ({"source": "orders", "name": "bad"}, "models"),
        ({"source": "orders", "models": [], "name": "bad"}, "models"),
        ({"source": "orders", "models": [Tally], "name": "bad"}, "handles"),
    ],
)
def test_what_is_missing_is_named(attributes: dict[str, object], field: str) -> None:
    with pytest.raises((InvalidValue, InvalidType)) as refused:
        type("Bad", (Projection,), attributes)
    assert refused.value.field == field
    assert "bad" not in handlers.subscriptions


def test_a_method_names_its_types_and_is_not_async() -> None:
    with pytest.raises(InvalidValue, match="one type"):
        handles()

    async def method(self: object, event: object) -> None:
        pass

    with pytest.raises(InvalidType, match="async"):
        handles("Counted")(method)


@pytest.mark.django_db(transaction=True)
def test_one_waits_until_an_event_is_processed() -> None:
    log = Log()
    (*_, last) = log.append(30)
    with tallying():
        with pytest.raises(NotProcessedInTime, match="no worker") as late:
            wait_until_processed(NAME, last, timeout=0.01)
        assert late.value.reached is None
        runner = worker()
        with pytest.raises(NotProcessedInTime) as late:
            wait_until_processed(NAME, last, timeout=0.05)
        assert (late.value.place, late.value.reached) == (last.position, 0)
        runner.run_batch()
        with pytest.raises(NotProcessedInTime):  # other partitions are behind
            wait_until_processed(NAME, last, timeout=0.05)
        work()
        wait_until_processed(NAME, last)
        wait_until_processed(NAME, last.position)
        (other,) = append("other", EventData("Counted", {}))
        with pytest.raises(InvalidValue) as foreign:
            wait_until_processed(NAME, other)
        assert foreign.value.field == "place"


@pytest.mark.django_db
def test_one_does_not_wait_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(WaitInTransaction):
        wait_until_processed(NAME, 1)


@pytest.mark.django_db(transaction=True)
def test_the_async_twin_waits_as_well() -> None:
    wait = async_to_sync(await_until_processed)
    log = Log()
    (*_, last) = log.append(5)
    with pytest.raises(NotProcessedInTime):
        wait(NAME, last, timeout=0.01)
    with tallying():
        work()
        wait(NAME, last)
