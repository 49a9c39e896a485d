"""With `until_consumed` nothing goes that somebody has not read."""

import pytest

from eventstreaming import configure_stream, read_stream
from eventstreaming.models import Subscription
from eventstreaming.operations.retention import prune_streams
from tests.operations.histories import write_history
from tests.operations.runners import runner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def orders() -> None:
    """Two streams whose events take turns; of one a single event may stay."""
    write_history("other-1", [0] * 5)
    write_history("order-1", [0] * 10)
    configure_stream("order-*", max_count=1, until_consumed=True)


def kept() -> int:
    prune_streams()
    return next(read_stream("order-1")).offset


def test_without_subscriptions_the_bounds_alone_count() -> None:
    assert kept() == 9


@pytest.mark.parametrize("source", ["order-1", "order-*", "*"])
def test_unread_events_stay(source: str) -> None:
    subscription, handled = runner(source, batch_size=7)
    assert kept() == 0  # it is new and has read nothing
    subscription.run_batch()
    read = sum(event.stream_name == "order-1" for event in handled)
    assert kept() == read
    subscription.run_batch()
    subscription.run_batch()
    assert kept() == 9


def test_slowest_one_decides() -> None:
    for source in ("order-1", "order-*"):
        runner(source, f"fast-{source[6]}".replace("*", "all"))[0].run_batch()
    runner("order-1", "slow", batch_size=4)[0].run_batch()
    assert kept() == 4


def test_stopped_one_holds_what_it_has_not_read() -> None:
    subscription, _ = runner("order-1", batch_size=3)
    subscription.run_batch()
    Subscription.objects.update(state=Subscription.State.STOPPED)
    assert kept() == 3


def test_those_who_read_something_else_hold_nothing() -> None:
    runner("other-*", "others")
    runner("order-2", "another")
    assert kept() == 9


def test_subscription_without_a_checkpoint_holds_everything() -> None:
    Subscription.objects.create(name="new", source="order-*")
    assert kept() == 0


def test_bounds_alone_count_where_nobody_asked_for_it() -> None:
    runner("order-1")
    configure_stream("order-1", until_consumed=False)
    assert kept() == 9
