"""Real `manage.py runworker` processes on the test database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from django.db import connection

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


class WorkerProcess:
    """One worker; what it logs is kept. Killed at the end if it still runs."""

    def __init__(
        self, *arguments: str, url: str | None = None, command: str = "runworker"
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", command, *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
                "DATABASE_URL": url or database_url(),
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a warning, as kill -9 does."""
        self.signal(signal.SIGKILL)
        self._process.wait(PATIENCE)

    def finish(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and the log."""
        log, _ = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, log

    def stop(self) -> tuple[int, str]:
        """Ask it to drain, and wait."""
        self.signal(signal.SIGTERM)
        return self.finish()


class SupervisorProcess(WorkerProcess):
    """A supervisor; the children that it had when it was last asked end with it."""

    def __init__(self, *arguments: str) -> None:
        self._known: list[int] = []
        super().__init__(*arguments)

    def __exit__(self, *exc_info: object) -> None:
        children = self.children()
        if self._process.poll() is None:
            self._process.kill()
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.communicate()

    def children(self) -> list[int]:
        """Return the processes that it has started and that live."""
        with suppress(OSError):
            folder = Path(f"/proc/{self.pid}/task/{self.pid}/children")
            self._known = [int(pid) for pid in folder.read_text().split()]
        return self._known

    def log(self) -> str:
        """Return the rest of the log, once all have ended."""
        log, _ = self._process.communicate(timeout=PATIENCE)
        return log


def database_url() -> str:
    """Return the URL of the test database, for another process."""
    settings = connection.settings_dict
    host = settings["HOST"] or settings["OPTIONS"].get("host", "")
    password = (
        f":{quote(settings['PASSWORD'], safe='')}" if settings["PASSWORD"] else ""
    )
    name = quote(settings["NAME"], safe="")
    user = quote(settings["USER"], safe="")
    if host.startswith("/"):
        place = f":{settings['PORT'] or 5432}"
        return f"postgres://{user}{password}@{place}/{name}?host={quote(host, safe='')}"
    return f"postgres://{user}{password}@{host}:{settings['PORT'] or 5432}/{name}"


def wait_until(
    condition: Callable[[], bool], what: str, patience: float = PATIENCE
) -> None:
    """Wait for a condition; fail with its description when it does not come."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s in vain: {what}")
        time.sleep(0.02)
