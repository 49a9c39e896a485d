"""What goes wrong in a run, and when: all of it follows from the seed."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from tests.chaos.processes import START_PATIENCE, Place, Processes
from tests.chaos.server import ChaosServer
from tests.history.recorder import Recorder

FAULTS = (
    "kill worker",
    "kill consumer",
    "kill producer",
    "pause worker",
    "pause consumer",
    "kill supervisor",
    "kill child",
    "pause child",
    "exhaust connections",
    "end sessions",
    "kill session",
    "crash server",
)
WORK_BETWEEN = 20_000  # bytes of histories, about 50 steps
PATIENCE = 10.0  # seconds
PAUSES = (0.3, 5.0)  # seconds: some within a lease, some far beyond


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a time, in seconds after the start of the run."""

    at: float
    kind: str


def plan_faults(
    seed: int, seconds: float, every: float, kinds: Sequence[str] = FAULTS
) -> list[Fault]:
    """Return the faults of a run: each kind in turn, in a random order."""
    chance = random.Random(f"faults {seed}")
    faults: list[Fault] = []
    at, turn = every, [*kinds]
    while at < seconds:
        if len(faults) % len(kinds) == 0:
            chance.shuffle(turn)
        faults.append(Fault(at, turn[len(faults) % len(kinds)]))
        at += every * (0.5 + chance.random())
    return faults


class Nemesis:
    """Lets faults happen, and writes them down; no check asks for them."""

    def __init__(
        self, server: ChaosServer, processes: Processes, recorder: Recorder, seed: int
    ) -> None:
        self._server = server
        self._history = server.history
        self._processes = processes
        self._recorder = recorder
        self._chance = random.Random(f"nemesis {seed}")
        self._order = count()
        self._resumptions: list[tuple[float, int, Callable[[], None]]] = []

    def run(self, faults: Sequence[Fault], seconds: float) -> None:
        """
        Let all faults happen, each at its time, for so many seconds.

        On a slow machine a fault waits until there was some work since the
        last one, so that each strikes a system under load.
        """
        began = time.monotonic()
        for fault in [*faults, Fault(seconds, "")]:
            patience = time.monotonic() + PATIENCE
            enough = self._recorded() + WORK_BETWEEN
            while began + fault.at > (now := time.monotonic()) or (
                self._recorded() < enough and now < patience
            ):
                time.sleep(0.05)
                self._resume(time.monotonic())
                self._processes.check()
            if fault.kind:
                self._inflict(fault.kind)
        self._resume(float("inf"))

    def _recorded(self) -> int:
        """Return the size of all histories."""
        return sum(path.stat().st_size for path in self._history.glob("*.jsonl"))

    def _inflict(self, kind: str) -> None:
        what, _, whom = kind.partition(" ")
        faults: dict[str, Callable[[], object]] = {
            "end sessions": lambda: self._server.end_sessions(self._chance),
            "kill session": lambda: self._server.kill_session(self._chance),
            "crash server": self._server.crash,
            "exhaust connections": lambda: self._server.exhaust(self._chance),
        }
        if kind in faults:
            with self._recorder.step(kind):
                faults[kind]()
            return
        if whom == "child":
            child = self._chance.choice(self._children())
            with self._recorder.step(kind, pid=child):
                self._inflict_on_child(what, child)
            return
        place = self._chance.choice(self._processes.of(whom))
        with self._recorder.step(kind, process=place.name):
            if what == "kill":
                place.replace()
            else:
                self._pause(place)

    def _children(self) -> list[int]:
        """Return the children of supervisors, once there is any."""
        deadline = time.monotonic() + START_PATIENCE
        while True:
            places = self._processes.of("supervisor")
            found = [pid for place in places for pid in place.children()]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    def _inflict_on_child(self, what: str, pid: int) -> None:
        with suppress(ProcessLookupError):
            if what == "kill":
                os.kill(pid, signal.SIGKILL)
                return
            os.kill(pid, signal.SIGSTOP)
            self._later(lambda: os.kill(pid, signal.SIGCONT))

    def _pause(self, place: Place) -> None:
        name = place.name

        def resume() -> None:
            if place.name == name:  # a killed one is gone
                place.resume()

        place.pause()
        self._later(resume)

    def _later(self, resume: Callable[[], None]) -> None:
        until = time.monotonic() + self._chance.uniform(*PAUSES)
        heappush(self._resumptions, (until, next(self._order), resume))

    def _resume(self, now: float) -> None:
        """Let those go on whose pause is over."""
        while self._resumptions and self._resumptions[0][0] <= now:
            _, _, resume = heappop(self._resumptions)
            with suppress(ProcessLookupError):
                resume()
