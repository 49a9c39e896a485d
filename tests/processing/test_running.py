"""A worker that runs alone, and one whose supervisor is gone."""

import gc
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from eventstreaming.processing import supervised
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.registry import Handlers
from eventstreaming.processing.running import run_alone, run_child
from eventstreaming.processing.slates import SharedSlate, Slate
from eventstreaming.processing.supervised import LINE, ChildsEnd
from eventstreaming.processing.worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker, whose process spares the garbage collector what it has loaded."""
    yield Worker(registry=Handlers())
    spared = gc.get_freeze_count()
    gc.unfreeze()
    assert spared > 10_000


def test_worker_that_wants_to_be_replaced_ends_and_says_so(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.ask_for_replacement("has a handler that does not end")
    assert run_alone(worker, grace=5) is Ending.REPLACE
    assert "has a handler that does not end: ending" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_drains_and_its_handler_is_gone_afterwards(
    worker: Worker, number: signal.Signals
) -> None:
    before = signal.default_int_handler  # whatever nohup has said
    inherited = signal.signal(number, before)

    def send_once_it_is_listened_to(*_: object) -> None:
        if signal.getsignal(number) is not before:
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.kill(os.getpid(), number)

    alarm = signal.signal(signal.SIGALRM, send_once_it_is_listened_to)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.05)
    try:
        assert run_alone(worker, grace=5) is Ending.DONE
        assert signal.getsignal(number) is before
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, alarm)
        signal.signal(number, inherited)


def slate_file() -> int:
    with closing(SharedSlate()) as shared:
        return os.dup(shared.fileno())


def test_child_whose_supervisor_is_gone_drains(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(supervised, "slate", Slate())
    monkeypatch.setenv(LINE, f"{theirs.detach()} {slate_file()} {time.time()}")
    line = ChildsEnd.from_environment()
    assert line is not None
    assert LINE not in os.environ  # for the processes that handlers start
    ours.close()
    assert run_child(worker, line, grace=5) is Ending.DONE
    assert "the supervisor is gone" in caplog.text
