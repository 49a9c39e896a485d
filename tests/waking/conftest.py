"""What the tests of announcing share."""

from collections.abc import Iterator

import pytest

from eventstreaming.backends.waking import announcing
from tests.waking.listeners import Ear, ear


@pytest.fixture
def quiet_process() -> None:
    """Let the test begin as a process that has announced nothing lately."""
    announcing._by_database.clear()


@pytest.fixture
def hearer() -> Iterator[Ear]:
    with ear() as opened:
        yield opened
