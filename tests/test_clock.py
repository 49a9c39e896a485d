"""Whose clock is asked, inside a block that replaces it and after it."""

import time

from eventstreaming import clock


def test_the_clock_of_before_is_back_after_the_block() -> None:
    with clock.use_clock(clock.SimulatedClock()):
        clock.sleep(1_000_000)
        with clock.use_clock(clock.SimulatedClock()):
            assert clock.monotonic() == 0
            clock.sleep(5)
            assert clock.monotonic() == 5
        assert clock.monotonic() == 1_000_000
    assert abs(clock.monotonic() - time.monotonic()) < 60
