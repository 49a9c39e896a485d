"""What a supervisor does with children that do as they are told, or do not."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from eventstreaming.processing import children
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.limits import Limits
from eventstreaming.processing.restarts import LONGEST_PAUSE, STABLE_SECONDS, Backoff
from eventstreaming.processing.supervisor import Supervisor
from tests.processes.workers import wait_until

PUPPET = Path(__file__).with_name("puppet.py")


class Stage:
    """A supervisor of puppets, in a thread, and what they wrote down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ending: Ending | None = None
        self.supervisor: Supervisor | None = None

    def play(self, **part: Any) -> None:
        """Let the puppets that start from now on play a part."""
        (self.folder / "new").write_text(json.dumps(part))
        (self.folder / "new").rename(self.folder / "part")

    def start(self, **options: Any) -> Supervisor:
        command = [sys.executable, "-S", "-E", str(PUPPET), str(self.folder)]
        self.supervisor = supervisor = Supervisor(command, **options)

        def run() -> None:
            self.ending = supervisor.run()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        return supervisor

    def wait(self) -> Ending | None:
        """Return how the supervisor ended."""
        self._thread.join(20)
        return self.ending

    def notes(self, what: str) -> list[tuple[float, int]]:
        """Return when which process did something."""
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        notes = [line.split() for line in lines]
        return [(float(at), int(pid)) for at, pid, did in notes if did == what]

    def count(self, what: str, number: int) -> Callable[[], bool]:
        return lambda: len(self.notes(what)) >= number

    def close(self) -> None:
        if self.supervisor is not None:
            while self._thread.is_alive():
                self.supervisor.stop()
                self._thread.join(0.1)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    stage.play()
    yield stage
    stage.close()


def test_killed_child_is_replaced_at_once_and_the_others_go_on(stage: Stage) -> None:
    supervisor = stage.start(processes=2)
    wait_until(stage.count("ready", 2), "both are ready")
    victim, other = (pid for _, pid in stage.notes("ready"))
    os.kill(victim, signal.SIGKILL)
    wait_until(stage.count("ready", 3), "another is ready")
    assert other in {child.pid for child in supervisor.children()}
    supervisor.stop()
    assert stage.wait() is Ending.DONE
    assert len(stage.notes("stopped")) == 2


def test_child_that_dies_at_once_again_and_again_is_waited_for(stage: Stage) -> None:
    supervisor = stage.start()
    wait_until(stage.count("ready", 1), "one was well")
    stage.play(fails=7)
    ((_, pid),) = stage.notes("ready")
    os.kill(pid, signal.SIGKILL)
    wait_until(stage.count("started", 4), "three starts more")
    supervisor.stop()
    assert stage.wait() is Ending.DONE
    times = [at for at, _ in stage.notes("started")]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[1] >= 0.5
    assert pauses[2] >= 1.0


def test_pauses_grow_and_begin_again_after_a_long_life() -> None:
    backoff = Backoff()
    pauses = [backoff.after(0.1) for _ in range(10)]
    assert pauses[:4] == [0.0, 0.5, 1.0, 2.0]
    assert pauses[-1] == LONGEST_PAUSE
    assert backoff.after(STABLE_SECONDS) == 0.0


def test_first_children_that_do_not_start_end_the_supervisor(stage: Stage) -> None:
    stage.play(fails=1)
    stage.start(processes=2)
    assert stage.wait() is Ending.FAILED


@pytest.mark.parametrize(
    "part",
    [{"report": {"done": 10}}, {"report": {"memory": 2**30}}, {}],
    ids=["messages", "memory", "age"],
)
def test_successor_is_ready_before_the_old_one_goes(
    stage: Stage, part: dict[str, Any]
) -> None:
    stage.play(**part)
    limits = Limits(messages=10, memory=2**30, age=0.3 if part == {} else 1e9)
    supervisor = stage.start(limits=limits)
    wait_until(stage.count("drained", 2), "two were replaced")
    supervisor.stop()
    assert stage.wait() is Ending.DONE
    ready = stage.notes("ready")
    for number, (at, pid) in enumerate(stage.notes("drained")):
        assert pid == ready[number][1]
        assert ready[number + 1][0] < at


def test_restart_replaces_one_child_after_another(stage: Stage) -> None:
    supervisor = stage.start(processes=3)
    wait_until(stage.count("ready", 3), "all are ready")
    supervisor.restart()
    wait_until(stage.count("drained", 3), "all were replaced")
    supervisor.stop()
    assert stage.wait() is Ending.DONE
    begun = [at for at, _ in stage.notes("started")[3:]]
    left = [at for at, _ in stage.notes("drained")]
    assert len(begun) == 3
    # Each starts after the one before it was ready, so the places are full.
    ready = [at for at, _ in stage.notes("ready")[3:]]
    assert begun[1] > ready[0]
    assert begun[2] > ready[1]
    assert all(first < last for first, last in zip(ready, left, strict=True))


def test_worker_goes_on_when_its_successor_fails(stage: Stage) -> None:
    supervisor = stage.start()
    wait_until(stage.count("ready", 1), "it is ready")
    stage.play(fails=1)
    supervisor.restart()
    wait_until(stage.count("started", 2), "a successor starts")
    time.sleep(0.3)
    ((_, pid),) = stage.notes("ready")
    assert [child.pid for child in supervisor.children()] == [pid]
    assert len(stage.notes("started")) == 2  # until it is told again


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"wants_replacement": "has a thread that hangs"}, "stopped"),
        ({"changes": 1}, "drained"),
    ],
    ids=["wish", "code"],
)
def test_child_that_wants_it_is_replaced(
    stage: Stage, said: dict[str, Any], told: str
) -> None:
    """What hangs has its grace; what runs only the old code may take its time."""
    stage.play(report=said)
    stage.start()
    wait_until(stage.count("ready", 1), "it is ready")
    stage.play()
    wait_until(stage.count(told, 1), "it was replaced")


@pytest.mark.parametrize(
    "part", [{"is_silent": True}, {"report": {"late": 1.0}}], ids=["silent", "late"]
)
def test_child_that_hangs_is_killed_and_replaced(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    part: dict[str, Any],
) -> None:
    monkeypatch.setattr(children, "HANGING_SECONDS", 0.5)
    monkeypatch.setattr(children, "LATE_SECONDS", 1.0)
    stage.play(**part)
    supervisor = stage.start()
    wait_until(stage.count("ready", 1), "it is ready")
    stage.play()
    wait_until(stage.count("ready", 2), "another takes its place")
    supervisor.stop()
    assert stage.wait() is Ending.DONE
    assert len(stage.notes("stopped")) == 1
    assert caplog.text.count("killing it") == 1


def test_child_that_outlasts_its_grace_is_killed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "KILL_AFTER", 0.1)
    stage.play(ignores_signals=True)
    supervisor = stage.start(grace=0.3)
    wait_until(stage.count("ready", 1), "it is ready")
    began = time.monotonic()
    supervisor.stop()
    assert stage.wait() is Ending.CUT_OFF
    assert 0.4 <= time.monotonic() - began < 5


def test_stop_again_is_at_once(stage: Stage) -> None:
    stage.play(ignores_signals=True)
    supervisor = stage.start(grace=60)
    wait_until(stage.count("ready", 1), "it is ready")
    supervisor.stop()
    time.sleep(0.1)
    began = time.monotonic()
    supervisor.stop()
    assert stage.wait() is Ending.FAILED
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("code", "ending"), [(0, Ending.DONE), (1, Ending.FAILED)])
def test_batch_ends_when_all_children_have(
    stage: Stage, code: int, ending: Ending
) -> None:
    stage.play(ends=code)
    stage.start(processes=2, batch=True)
    assert stage.wait() is ending
    assert len(stage.notes("started")) == 2
