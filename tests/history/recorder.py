"""
Recording what a process does: one JSON line a step, one file a process.

A step is two lines: its invocation, written before the call, and its outcome.
Each is one write() to a file opened for appending, so the lines are there even
if the process is killed in the middle of the call. All processes of a machine
share one CLOCK_MONOTONIC, which gives their steps a true order.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from django.db import transaction

from tests.history.outcomes import Outcome, description_of, outcome_of

_block: ContextVar[int | None] = ContextVar("block", default=None)


class Recorder:
    """Writes the steps of one process; threads may share it."""

    def __init__(self, folder: Path, process: str) -> None:
        self.process = process
        self._numbers = count(1)
        self._file = os.open(
            folder / f"{process}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644
        )

    @contextmanager
    def step(self, name: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """
        Record the block as one step; what is put into the dict is its result.

        An exception makes it a failure, or unknown, and goes on its way.
        """
        number = self._invoke(name, arguments)
        result: dict[str, Any] = {}
        try:
            yield result
        except BaseException as error:
            self._complete(number, outcome_of(error), description_of(error))
            raise
        self._complete(number, "ok", result)

    @contextmanager
    def atomic(self, database: str, **arguments: Any) -> Iterator[None]:
        """Record a transaction, or a savepoint in one, and the steps inside."""
        with (
            self.block(**arguments) as block,
            transaction.atomic(using=database),
            block.body(),
        ):
            yield

    @contextmanager
    def block(self, **arguments: Any) -> Iterator["Block"]:
        """Record a transaction that the caller begins and ends inside."""
        number = self._invoke("block", arguments)
        block = Block()
        token = _block.set(number)
        try:
            yield block
        except BaseException as error:
            outcome: Outcome = "fail" if block.raised else outcome_of(error)
            self._complete(number, outcome, description_of(error))
            raise
        finally:
            _block.reset(token)
        self._complete(number, "ok", {})

    @property
    def in_block(self) -> bool:
        """Say whether the calling thread is inside a recorded transaction."""
        return _block.get() is not None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _invoke(self, name: str, arguments: dict[str, Any]) -> int:
        number = next(self._numbers)
        line: dict[str, Any] = {
            "process": self.process,
            "number": number,
            "type": "invoke",
            "name": name,
            "arguments": arguments,
        }
        if (block := _block.get()) is not None:
            line["block"] = block
        self._write(line)
        return number

    def _complete(self, number: int, outcome: Outcome, result: dict[str, Any]) -> None:
        self._write(
            {
                "process": self.process,
                "number": number,
                "type": outcome,
                "result": result,
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        line["at"] = time.monotonic_ns()
        os.write(self._file, json.dumps(line, separators=(",", ":")).encode() + b"\n")


class Block:
    """A transaction that is being recorded."""

    def __init__(self) -> None:
        self.raised = False

    @contextmanager
    def body(self) -> Iterator[None]:
        """Run what comes before the commit: if it raises, nothing is committed."""
        try:
            yield
        except BaseException:
            self.raised = True
            raise


@cache
def recorder_of(folder: str, process: str) -> Recorder:
    """Return this process's recorder, which its threads share."""
    return Recorder(Path(folder), process)
