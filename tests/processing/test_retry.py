from datetime import timedelta

import pytest

from eventstreaming.clock import SimulatedClock, use_clock
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing.retry import RetryPolicy

ERROR = ValueError("bad")


def test_default_is_a_random_part_of_a_doubling_bound() -> None:
    policy = RetryPolicy()
    bounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    with use_clock(SimulatedClock()):
        for _ in range(20):
            for attempts, bound in enumerate(bounds, 1):
                assert 0 <= policy.delay(attempts, ERROR) <= bound
        assert max(policy.delay(11, ERROR) for _ in range(100)) > 500


def test_one_duration_is_the_same_every_time() -> None:
    assert RetryPolicy(backoff=2).delay(7, ERROR) == 2.0
    assert RetryPolicy(backoff=timedelta(minutes=1)).delay(1, ERROR) == 60.0


def test_last_duration_of_a_list_repeats() -> None:
    policy = RetryPolicy(backoff=[1, timedelta(seconds=5)])
    assert [policy.delay(n, ERROR) for n in (1, 2, 3)] == [1.0, 5.0, 5.0]


def test_callable_gets_the_attempts_and_the_error() -> None:
    policy = RetryPolicy(backoff=lambda attempts, error: attempts + len(str(error)))
    assert policy.delay(2, ERROR) == 5.0


@pytest.mark.parametrize("backoff", [-1, [1, -1], float("nan"), float("inf")])
def test_impossible_durations_are_refused(backoff: object) -> None:
    with pytest.raises(InvalidValue, match="backoff"):
        RetryPolicy(backoff=backoff)  # type: ignore[arg-type]


@pytest.mark.parametrize("backoff", ["1", [], True, {}])
def test_other_things_are_refused(backoff: object) -> None:
    with pytest.raises(InvalidType, match="backoff"):
        RetryPolicy(backoff=backoff)  # type: ignore[arg-type]


@pytest.mark.parametrize("attempts", [0, -1, 10**6])
def test_max_attempts_has_bounds(attempts: int) -> None:
    with pytest.raises(InvalidValue, match="max_attempts"):
        RetryPolicy(max_attempts=attempts)
