"""Events of types that no class is registered for."""

from typing import Any

import pytest

from eventstreaming import EventData, append, subscription
from eventstreaming.exceptions import InvalidValue
from eventstreaming.models import Checkpoint
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.registry import handlers
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.testing.contract.samples import Basket
from eventstreaming.types import StoredEvent

pytestmark = pytest.mark.django_db


def declared(**options: Any) -> tuple[SubscriptionRunner, list[Any]]:
    seen: list[Any] = []

    @subscription("orders", name="typed", max_attempts=1, **options)
    def handle(event: StoredEvent) -> None:
        seen.append(event.payload)

    runner = SubscriptionRunner(handlers.subscriptions.pop("typed"), careful=True)
    runner.prepare()
    return runner, seen


@pytest.fixture(autouse=True)
def orders() -> None:
    append("orders", [Basket(["a"]), EventData("Forgotten", {}), Basket(["b"])])


def test_unknown_type_stops_the_subscription() -> None:
    runner, seen = declared()
    assert runner.run_batch() is BatchResult.STOPPED
    assert seen == [Basket(["a"])]
    error = Checkpoint.objects.get().error
    assert "stream 'orders', offset 1: no class is registered" in error


def test_unknown_type_is_passed_over_where_that_is_wanted() -> None:
    runner, seen = declared(unknown_types="skip")
    assert runner.run_batch() is BatchResult.PROGRESSED
    assert seen == [Basket(["a"]), Basket(["b"])]
    assert Checkpoint.objects.get().offset == 2


def test_other_choices_are_refused() -> None:
    with pytest.raises(InvalidValue, match="unknown_types"):
        subscription("orders", name="typed", unknown_types="stop")  # type: ignore[arg-type]
