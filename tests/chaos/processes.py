"""The processes of a chaos run: started, paused, killed, replaced."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.chaos.server import ChaosServer
from tests.processes.workers import PATIENCE, ROOT, wait_until

# A short grace, for those whose supervisor was killed; and many replacements.
SUPERVISED = ("--processes", "2", "--grace", "10", "--max-messages", "500")


START_PATIENCE = 60.0  # seconds: they all start at once


class ProcessEnded(Exception):
    """A process ended by itself, or with an error."""


class Place:
    """One process after another in the same role."""

    def __init__(self, server: ChaosServer, role: str, number: int, seed: int) -> None:
        self.role = role
        self._server = server
        self._name = f"{role}-{number}"
        self._command = [sys.executable, "manage.py"]
        if role == "worker":
            self._command += ["runworker", "--threads", "4"]
        elif role == "supervisor":
            self._command += ["runworker", "--threads", "4", *SUPERVISED]
        else:
            self._command += ["chaosclient", role, str(seed)]
        self._count = 0
        self._had_begun = False
        self.start()

    def start(self) -> None:
        """Start a process, with a name that no other has had."""
        self._count += 1
        self.name = f"{self._name}.{self._count}"
        with (self._server.history / f"{self.name}.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._server.environment(self.name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_acting(self) -> bool:
        """Say whether the process has recorded anything."""
        histories = self._server.history.glob(f"{self.name}.*.jsonl")
        return any(history.stat().st_size > 0 for history in histories)

    def children(self) -> list[int]:
        """Return the processes that it has started and that live."""
        pid = self._process.pid
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            return []
        return [int(child) for child in text.split()]

    def replace(self) -> None:
        """Kill the process, as kill -9 does, and start another."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Stop the process where it is."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on; it knows nothing of the pause."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process without a warning."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def end(self) -> None:
        """Kill the process and its children: the run is over."""
        children = self.children()
        self.kill()
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def check(self) -> None:
        """Raise if the process has ended by itself."""
        if self._process.poll() is not None:
            raise ProcessEnded(f"{self.name} ended with {self._process.returncode}")

    def terminate(self) -> None:
        """Ask the process to end."""
        self.check()
        self._had_begun = self.is_acting()
        self._process.terminate()

    def wait(self) -> None:
        """
        Wait for the end; raise if it is a bad one.

        Who is asked while it starts, before it can listen, is ended by the signal.
        """
        code = self._process.wait(PATIENCE)
        if code == -signal.SIGTERM and not self._had_begun:
            return
        if code:
            raise ProcessEnded(f"{self.name} ended with {code}")


class Processes:
    """All processes of a run, by role."""

    def __init__(self, server: ChaosServer, roles: dict[str, int], seed: int) -> None:
        self._places = [
            Place(server, role, number, seed)
            for role, count in roles.items()
            for number in range(1, count + 1)
        ]

    @classmethod
    @contextmanager
    def running(
        cls, server: ChaosServer, roles: dict[str, int], seed: int
    ) -> Iterator["Processes"]:
        """Run processes, and leave none behind."""
        with ExitStack() as stack:
            processes = cls(server, roles, seed)
            for place in processes._places:
                stack.callback(place.end)
            yield processes

    def of(self, *roles: str) -> list[Place]:
        """Return the places of some roles."""
        return [place for place in self._places if place.role in roles]

    def await_all(self) -> None:
        """Wait until each process has begun to record what it does."""
        for place in self._places:
            wait_until(place.is_acting, f"{place.name} begins", START_PATIENCE)

    def stop(self, *roles: str) -> None:
        """Let the processes of some roles end; raise if one ends badly."""
        for place in self.of(*roles):
            place.terminate()
        for place in self.of(*roles):
            place.wait()

    def check(self) -> None:
        """Raise if any process has ended by itself."""
        for place in self._places:
            place.check()
