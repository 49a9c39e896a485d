"""What the proofs say when they run in full."""

import socket
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


@pytest.fixture
def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
    return port
