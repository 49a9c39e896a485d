"""What the proofs say when they run in full."""

from collections.abc import Callable

import pytest

from tests.queue_proofs.processes import FULL


@pytest.fixture
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Write a line of figures, unless the suite runs."""
    writer = pytestconfig.get_terminal_writer()
    return writer.line if FULL else lambda _: None
