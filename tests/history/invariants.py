"""The checks by the ids of their invariants, and what they report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.history.facts import Facts

Check = Callable[[Facts], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a history breaks an invariant."""

    invariant: str
    title: str
    explanation: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.title}: {self.explanation}"


class Invariant(NamedTuple):
    id: str
    title: str
    check: Check

    def violations(self, facts: Facts) -> Iterator[Violation]:
        """Yield each violation once."""
        for explanation in dict.fromkeys(self.check(facts)):
            yield Violation(self.id, self.title, explanation)


invariants: list[Invariant] = []


def invariant(number: str, title: str) -> Callable[[Check], Check]:
    """Register a check, which yields an explanation for each violation."""

    def register(check: Check) -> Check:
        invariants.append(Invariant(number, title, check))
        return check

    return register
