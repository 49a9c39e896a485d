"""What the proofs say when they run in full."""

from collections.abc import Callable

import pytest

from tests.queue_proofs.processes import FULL


@pytest.fixture
def say(
    pytestconfig: pytest.Config, capfd: pytest.CaptureFixture[str]
) -> Callable[[str], None]:
    """Write a line of figures, unless the suite runs."""

    def line(text: str) -> None:
        if FULL:
            with capfd.disabled():
                pytestconfig.get_terminal_writer().line(f"\n{text}")

    return line
