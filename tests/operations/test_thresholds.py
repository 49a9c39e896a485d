"""Each bound is looked at by itself, and what lies on it is still well."""

from dataclasses import fields, replace
from typing import Any

import pytest

from eventstreaming.backends.fences import FenceHolder, FenceStatus
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.operations.saga_status import SagaCounts
from eventstreaming.operations.status import StoreStatus
from eventstreaming.operations.subscription_status import SubscriptionStatus
from eventstreaming.operations.thresholds import Thresholds, problems
from eventstreaming.types import QueueInfo

STATUS = StoreStatus(
    store="default",
    fence=FenceStatus(9, 5, (FenceHolder(77, 5, 30.0, "app", "me", "idle", ""),)),
    streams=[],
    more_streams=False,
    subscriptions=[
        SubscriptionStatus(
            name="billing",
            source="*",
            state="active",
            place=5,
            lag=4,
            lag_is_exact=True,
            behind=20.0,
            idle=None,
            attempts=0,
            error="",
        )
    ],
    queues=[QueueInfo("mail", 2, 1, 0, 0, 3, 10.0)],
    sagas=[SagaCounts(name="order", running=9, waiting=0, compensating=0, failed=2)],
)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("held", 30, "pid 77"),
        ("lag", 4, "subscription billing"),
        ("behind", 20, "subscription billing"),
        ("stalled", 20, "subscription billing"),
        ("depth", 3, "queue mail"),
        ("dead", 3, "queue mail"),
        ("age", 10, "queue mail"),
        ("failed", 2, "saga order"),
    ],
)
def test_bound_is_passed_by_more_than_it_says(
    name: str, value: float, named: str
) -> None:
    assert list(problems(STATUS, Thresholds(**{name: value}))) == []
    (line,) = problems(STATUS, Thresholds(**{name: value - 0.5}))
    assert line.startswith(named)
    assert f"(allowed: {value - 0.5:g})" in line


def test_nothing_is_looked_at_unless_it_is_asked_for() -> None:
    assert list(problems(STATUS, Thresholds())) == []
    everything = {field.name: 0 for field in fields(Thresholds)}
    assert len(list(problems(STATUS, Thresholds(**everything)))) == len(everything)


def test_more_than_was_counted_is_beyond_what_was_counted() -> None:
    """The lag is counted up to 10,000, which is a bound of the health check, too."""
    (exact,) = STATUS.subscriptions
    for counted, found in ((exact, 0), (replace(exact, lag_is_exact=False), 1)):
        status = replace(STATUS, subscriptions=[counted])
        assert len(list(problems(status, Thresholds(lag=counted.lag)))) == found


@pytest.mark.parametrize("value", [-1, True, "5", float("nan")])
def test_bad_bounds_are_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="lag"):
        Thresholds(lag=value)
