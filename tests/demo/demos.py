"""Real `manage.py demo` processes, in a copy of the project."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from re import Match, search
from typing import Self

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0
SETTINGS = ("DATABASE_URL", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_BACKEND")


class Demo:
    """One demo; what it prints is kept. Ended, if need be, with the block."""

    def __init__(self, clone: Path, *arguments: str, url: str | None = None) -> None:
        environment = {
            name: value for name, value in os.environ.items() if name not in SETTINGS
        }
        environment |= {
            "DJANGO_SETTINGS_MODULE": "demo_project.settings",
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        if url is not None:
            environment["DATABASE_URL"] = url
        self._output = (clone / "output.txt").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *arguments],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process.poll() is None:
            self.signal(signal.SIGTERM)
            self._process.wait(PATIENCE)
        self._output.close()

    def signal(self, number: int) -> None:
        """Send a signal, as Ctrl+C does."""
        self._process.send_signal(number)

    def wait_for(self, pattern: str) -> Match[str]:
        """Wait until the output has a match, and return it."""
        deadline = time.monotonic() + PATIENCE
        while (found := search(pattern, self.output)) is None:
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return found

    def finish(self) -> int:
        """Wait for the end; return the exit code."""
        return self._process.wait(PATIENCE)

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return Path(self._output.name).read_text()

    @property
    def worker_pid(self) -> int:
        """The worker's process id, when the worker has announced itself."""
        return int(self.wait_for(r"Worker [^\s:]+:(\d+)\S*: queues")[1])


def is_running(pid: int) -> bool:
    """Say whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
