"""Histories are written so that a killed process leaves all it began."""

import json
import subprocess
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from django.db import OperationalError

from eventstreaming.exceptions import LeaseLost, WrongExpectedVersion
from tests.history.final import (
    CheckpointRow,
    EffectRow,
    FinalState,
    StoredEventRow,
    StoredMessageRow,
    StreamRow,
)
from tests.history.operations import History, Operation, read_operations
from tests.history.outcomes import outcome_of
from tests.history.recorder import Recorder
from tests.processes.workers import ROOT, wait_until


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path, "p")
    yield recorder
    recorder.close()


def operations(folder: Path) -> list[Operation]:
    return read_operations(folder / "p.jsonl")


def test_step_has_arguments_outcome_and_result(
    recorder: Recorder, tmp_path: Path
) -> None:
    with recorder.step("append", stream="s") as result:
        result["places"] = [1]
    (operation,) = operations(tmp_path)
    assert (operation.name, operation.outcome) == ("append", "ok")
    assert operation.arguments == {"stream": "s"}
    assert operation.result == {"places": [1]}
    assert 0 < operation.began <= operation.ended < inf


def test_refusal_is_a_failure_with_its_reason(
    recorder: Recorder, tmp_path: Path
) -> None:
    with pytest.raises(LeaseLost), recorder.step("acknowledge"):
        raise LeaseLost("q", "1", "taken")
    with pytest.raises(WrongExpectedVersion), recorder.step("append"):
        raise WrongExpectedVersion("s", 1, 2)
    refused, conflict = operations(tmp_path)
    assert refused.outcome == conflict.outcome == "fail"
    assert refused.result == {"error": "LeaseLost", "reason": "taken"}
    assert conflict.result == {"error": "WrongExpectedVersion", "actual": 2}


def test_outcome_after_a_lost_connection_is_unknown(
    recorder: Recorder, tmp_path: Path
) -> None:
    with pytest.raises(OperationalError), recorder.step("append"):
        raise OperationalError("server closed the connection unexpectedly")
    (operation,) = operations(tmp_path)
    assert (operation.outcome, operation.ended) == ("info", inf)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (psycopg.errors.UniqueViolation(), "fail"),
        (psycopg.errors.QueryCanceled(), "fail"),
        (psycopg.errors.DeadlockDetected(), "fail"),
        (psycopg.errors.AdminShutdown(), "info"),
        (psycopg.errors.ConnectionFailure(), "info"),
        (psycopg.errors.StatementCompletionUnknown(), "info"),
    ],
)
def test_server_says_whether_a_statement_was_rolled_back(
    cause: psycopg.Error, outcome: str
) -> None:
    error = OperationalError()
    error.__cause__ = cause
    assert outcome_of(error) == outcome


def test_steps_of_threads_are_whole_lines(recorder: Recorder, tmp_path: Path) -> None:
    def work() -> None:
        for _ in range(200):
            with recorder.step("append", text="x" * 500):
                pass

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = operations(tmp_path)
    assert len({operation.number for operation in found}) == 800
    assert {operation.outcome for operation in found} == {"ok"}


BEGIN_AND_WAIT = """
import pathlib, signal, sys
from tests.history.recorder import Recorder
from tests.processes.workers import ROOT, wait_until
with Recorder(pathlib.Path(sys.argv[1]), "p").step("append", stream="s"):
    signal.pause()
"""


def test_killed_process_leaves_an_unknown_step(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN_AND_WAIT, tmp_path], cwd=ROOT
    ) as process:
        wait_until(
            lambda: file.exists() and file.read_bytes().endswith(b"\n"), "it begins"
        )
        process.kill()
    (operation,) = operations(tmp_path)
    assert (operation.outcome, operation.ended) == ("info", inf)


def test_torn_last_line_is_left_out(recorder: Recorder, tmp_path: Path) -> None:
    with recorder.step("append"):
        pass
    with (tmp_path / "p.jsonl").open("a") as file:
        file.write('{"process":"p","number":2,"ty')
    assert len(operations(tmp_path)) == 1


def test_final_state_is_kept(tmp_path: Path) -> None:
    state = FinalState(
        drained=True,
        last_position=7,
        streams=[StreamRow("s", 0, 1)],
        events=[StoredEventRow("s", 0, 7, "id", "T", "a", "d")],
        messages=[StoredMessageRow("q", 1, 2, "a", "d")],
        dead_letters=[StoredMessageRow("q", 2, 2, "b", "d", "rejected")],
        checkpoints=[CheckpointRow("sub", "*", ["T"], 7)],
        effects=[EffectRow("sub", "a", 7)],
        rows=["a"],
        exactly_once=["sub"],
        at_least_once=["q"],
    )
    state.save(tmp_path)
    assert FinalState.load(tmp_path) == state


# -- what becomes of a step inside a transaction --------------------------------


def fates(folder: Path) -> list[tuple[str, str]]:
    FinalState().save(folder)
    history = History.load(folder)
    return [
        (operation.name, history.fate(operation).outcome)
        for operation in history.operations
    ]


def test_step_in_a_block_has_the_fate_of_the_block(
    recorder: Recorder, tmp_path: Path
) -> None:
    with recorder.block(), recorder.step("append"):
        pass
    with pytest.raises(KeyError), recorder.block() as block, block.body():
        with recorder.step("enqueue"):
            pass
        raise KeyError
    with pytest.raises(OperationalError), recorder.block() as block:
        with block.body(), recorder.step("nack"):
            pass
        raise OperationalError("the connection was lost in COMMIT")
    assert fates(tmp_path) == [
        ("block", "ok"),
        ("append", "ok"),
        ("block", "fail"),
        ("enqueue", "fail"),
        ("block", "info"),
        ("nack", "info"),
    ]


def test_outer_block_decides(recorder: Recorder, tmp_path: Path) -> None:
    with pytest.raises(KeyError), recorder.block() as outer, outer.body():
        with recorder.block(), recorder.step("append"):
            pass
        raise KeyError
    assert fates(tmp_path) == [("block", "fail"), ("block", "fail"), ("append", "fail")]


def test_inner_block_fails_alone(recorder: Recorder, tmp_path: Path) -> None:
    with recorder.block():
        with pytest.raises(KeyError), recorder.block() as inner, inner.body():
            with recorder.step("append"):
                pass
            raise KeyError
        with recorder.step("enqueue"):
            pass
    assert fates(tmp_path) == [
        ("block", "ok"),
        ("block", "fail"),
        ("append", "fail"),
        ("enqueue", "ok"),
    ]


def test_step_in_a_transaction_that_is_not_recorded_is_unknown(
    recorder: Recorder, tmp_path: Path
) -> None:
    with recorder.step("append", loose=True):
        pass
    assert fates(tmp_path) == [("append", "info")]


def test_lines_are_json_objects_with_a_time(recorder: Recorder, tmp_path: Path) -> None:
    with recorder.step("append"):
        pass
    lines = [
        json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()
    ]
    assert [line["type"] for line in lines] == ["invoke", "ok"]
    assert lines[0]["at"] <= lines[1]["at"]
