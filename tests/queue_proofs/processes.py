"""Starting, killing and replacing consumers."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.processes.workers import ROOT, database_url

FULL = os.environ.get("QUEUE_PROOFS") == "full"
SIZE_FACTOR = float(os.environ.get("QUEUE_PROOFS_SIZE", "1"))
SEED = int(os.environ.get("QUEUE_PROOFS_SEED", "1"))


class Consumers:
    """Some consumers of one kind; what they note is in one file."""

    def __init__(self, kind: str, path: Path, module: str) -> None:
        self.kills = 0
        self.kind = kind
        self._module = module
        self._path = path
        self._random = random.Random(SEED)
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int = 1) -> list[subprocess.Popen[bytes]]:
        """Start consumers, each with a seed of its own."""
        started = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    self._module,
                    self.kind,
                    str(self._random.randrange(2**31)),
                    str(self._path),
                ],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": database_url()},
            )
            for _ in range(count)
        ]
        self._running += started
        return started

    def kill_one(self) -> None:
        """End any of them as kill -9 does, and start another."""
        victim = self._running.pop(self._random.randrange(len(self._running)))
        assert victim.poll() is None, "a consumer has ended by itself"
        victim.kill()
        victim.wait()
        self.kills += 1
        self.start()

    def replace_oldest(self) -> None:
        """Let the one that runs longest finish, and start another of this kind."""
        leaving = self._running.pop(0)
        assert leaving.poll() is None, "a consumer has ended by itself"
        leaving.terminate()
        self.start()
        assert leaving.wait(60) == 0

    def notes(self) -> list[dict[str, Any]]:
        """Return what was noted so far; a killed process may leave half a line."""
        if not self._path.exists():
            return []
        lines = self._path.read_text().split("\n")
        return [json.loads(line) for line in lines if line.endswith("}")]

    def stop(self) -> None:
        """Kill all that still run."""
        for process in self._running:
            process.kill()
            process.wait()


@contextmanager
def consumers(
    kind: str, folder: Path, module: str = "tests.queue_proofs.consumer"
) -> Iterator[Consumers]:
    """Have consumers, and kill them at the end."""
    found = Consumers(kind, folder / f"{kind}.jsonl", module)
    try:
        yield found
    finally:
        found.stop()


def wait_while(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for the end of a state; fail when it lasts too long."""
    deadline = time.monotonic() + seconds
    while condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} for {seconds:.0f} s")
        time.sleep(0.05)
