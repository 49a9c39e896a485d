"""The steps of a run, read back: each invocation with its outcome."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from tests.history.final import FinalState
from tests.history.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    One step. Without an outcome, since its process was killed, it is unknown.

    `ended` is infinite when the outcome is unknown: it may take effect at any
    time. `block` is the number of the process's transaction around it.
    """

    process: str
    number: int
    name: str
    arguments: dict[str, Any]
    outcome: Outcome
    result: dict[str, Any] = field(default_factory=dict)
    began: float
    ended: float
    block: int | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.process}#{self.number} ({self.outcome})"


class Fate(NamedTuple):
    """What became of an operation, its transaction included."""

    outcome: Outcome
    ended: float


class History:
    """All steps of a run in the order in which they began, and its end."""

    def __init__(self, operations: Iterable[Operation], final: FinalState) -> None:
        self.operations = sorted(operations, key=lambda o: o.began)
        self.final = final

    @classmethod
    def load(cls, folder: Path) -> "History":
        """Read a folder of histories, `final.json` among them."""
        operations = [
            operation
            for path in sorted(folder.glob("*.jsonl"))
            for operation in read_operations(path)
        ]
        return cls(operations, FinalState.load(folder))

    @cached_property
    def by_name(self) -> dict[str, list[Operation]]:
        """Group the operations by their names."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.name, []).append(operation)
        return found

    def named(self, *names: str) -> list[Operation]:
        """Return the operations of some names."""
        return [o for name in names for o in self.by_name.get(name, [])]

    @cached_property
    def blocks(self) -> dict[tuple[str, int], Operation]:
        """Index the transactions."""
        return {(o.process, o.number): o for o in self.named("block")}

    def fate(self, operation: Operation) -> Fate:
        """Return an operation's outcome and end, those of its commit included."""
        fate = Fate(operation.outcome, operation.ended)
        if operation.arguments.get("loose") and fate.outcome == "ok":
            return Fate("info", inf)
        while operation.block is not None and fate.outcome != "fail":
            operation = self.blocks[operation.process, operation.block]
            outcome: Outcome = operation.outcome
            if outcome == "ok" and fate.outcome == "info":
                outcome = "info"
            fate = Fate(outcome, inf if outcome == "info" else operation.ended)
        return fate


def read_operations(path: Path) -> list[Operation]:
    """
    Read the file of one process.

    Only the last line may be torn, by the end of its process.
    """
    invoked: dict[int, dict[str, Any]] = {}
    completed: dict[int, dict[str, Any]] = {}
    *lines, _torn = path.read_bytes().split(b"\n")
    for text in lines:
        line = json.loads(text)
        by_number = invoked if line["type"] == "invoke" else completed
        by_number[line["number"]] = line
    return [_operation(line, completed.get(number)) for number, line in invoked.items()]


def _operation(invoked: dict[str, Any], completed: dict[str, Any] | None) -> Operation:
    outcome: Outcome = "info" if completed is None else completed["type"]
    unknown = completed is None or outcome == "info"
    return Operation(
        process=invoked["process"],
        number=invoked["number"],
        name=invoked["name"],
        arguments=invoked["arguments"],
        outcome=outcome,
        result={} if completed is None else completed["result"],
        began=invoked["at"],
        ended=inf if unknown else completed["at"],
        block=invoked.get("block"),
    )
