"""
Fixtures for pytest, for those who ask for them.

    # conftest.py of the project's root, or: pytest -p eventstreaming.testing.plugin
    pytest_plugins = ["eventstreaming.testing.plugin"]
"""

from collections.abc import Iterator

import pytest

from eventstreaming.clock import SimulatedClock, use_clock
from eventstreaming.testing.memory import memory_stores


@pytest.fixture
def memory_event_stores() -> Iterator[None]:
    """Keep all streams and queues of the test in memory. See memory_stores()."""
    with memory_stores():
        yield


@pytest.fixture
def simulated_clock() -> Iterator[SimulatedClock]:
    """Let the clock of memory stores and retries stand until `advance()` moves it."""
    clock = SimulatedClock()
    with use_clock(clock):
        yield clock
