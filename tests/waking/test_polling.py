"""How often one looks who waits."""

from collections.abc import Iterator

import pytest

from eventstreaming import clock
from eventstreaming.backends.waking.polling import Polling


@pytest.fixture(autouse=True)
def simulated() -> Iterator[clock.Clock]:
    with clock.use_clock(clock.SimulatedClock()) as running:
        yield running


def looks_in(seconds: float, polling: Polling, *, live: bool) -> int:
    """Count the looks of somebody who finds nothing."""
    end, looks = clock.monotonic() + seconds, 0
    while clock.monotonic() < end:
        clock.sleep(polling.pause(live=live))
        looks += 1
    return looks


def test_who_is_woken_hardly_looks() -> None:
    polling = Polling()
    assert looks_in(60, polling, live=True) <= 9
    assert looks_in(600, polling, live=True) <= 30


def test_who_is_not_woken_looks_about_once_a_second() -> None:
    polling = Polling()
    looks_in(10, polling, live=False)
    assert 45 <= looks_in(60, polling, live=False) <= 80
    assert all(polling.pause() <= 1.25 for _ in range(100))


def test_listener_that_is_lost_makes_pauses_short_again() -> None:
    polling = Polling()
    looks_in(600, polling, live=True)
    assert polling.pause() <= 1.25


def test_ring_is_followed_by_some_looks_in_a_row() -> None:
    polling = Polling()
    looks_in(600, polling, live=True)
    polling.rung()
    assert 4 <= looks_in(0.15, polling, live=True) <= 9
    assert polling.pause(live=True) > 10


def test_who_has_found_something_looks_again_soon() -> None:
    polling = Polling()
    looks_in(600, polling, live=True)
    polling.busy()
    assert polling.pause(live=True) <= 0.025


def test_pauses_differ() -> None:
    polling = Polling()
    looks_in(10, polling, live=False)
    assert len({polling.pause() for _ in range(10)}) == 10
