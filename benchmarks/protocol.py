"""
How the benchmarks talk to other processes: one JSON object a line, each way.

A command is `{"do": name, …arguments}`; the answer is `{"value": …}`, or
`{"unavailable": why}`. Peers speak it, too, in environments of their own, so
this file imports nothing but the standard library.
"""

import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self


class Unavailable(Exception):
    """A contender cannot take part; the text says why."""


def serve(functions: Mapping[str, Callable[..., Any]]) -> None:
    """Answer commands on standard input until it ends; an error is an answer, too."""
    answers, sys.stdout = sys.stdout, sys.stderr  # a library's print() harms nothing
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"value": functions[command.pop("do")](**command)}
        except Unavailable as reason:
            answer = {"unavailable": str(reason)}
        except Exception as error:
            traceback.print_exc()
            answer = {"unavailable": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


class Child:
    """A process that speaks the protocol; it ends with its block."""

    def __init__(self, command: Sequence[str], **environment: str) -> None:
        self._command = command
        self._environment = environment

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment or None,
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def tell(self, do: str, **arguments: Any) -> None:
        """Send a command; `answer()` is to follow."""
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the answer to the last command; raise Unavailable without one."""
        line = self._process.stdout.readline()
        if not line:
            raise Unavailable(f"{' '.join(self._command)} ended without an answer")
        answer = json.loads(line)
        if "unavailable" in answer:
            raise Unavailable(answer["unavailable"])
        return answer["value"]

    def ask(self, do: str, **arguments: Any) -> Any:
        """Send a command and wait for its answer."""
        self.tell(do, **arguments)
        return self.answer()
