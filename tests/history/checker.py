"""Checking a history against every invariant, and reporting what it found."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.history import (  # noqa: F401 - each registers its checks
    append_checks,
    attempt_checks,
    lease_checks,
    message_checks,
    read_checks,
    subscription_checks,
)
from tests.history.facts import Facts
from tests.history.invariants import Violation, invariants
from tests.history.operations import History
from tests.history.reached import Floors, missed, reached

REPORTED = 20  # lines; the shortest explanations say most


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found; `shortfalls` say that too little was recorded."""

    violations: list[Violation]
    shortfalls: list[str]
    counts: Counter[str]

    @property
    def passed(self) -> bool:
        return not (self.violations or self.shortfalls)

    def __str__(self) -> str:
        return "\n".join(report(self))


def check(history: History, floors: Floors) -> Verdict:
    """
    Check a history; `floors` are the least counts without which it proves nothing.

    Some steps are needed even if `floors` is empty.
    """
    facts = Facts(history)
    counts = reached(facts)
    counts["steps"] = len(history.operations)
    return Verdict(violations(facts), missed(counts, {"steps": 1, **floors}), counts)


def violations(facts: Facts) -> list[Violation]:
    """Return all violations of all invariants."""
    return [
        violation
        for invariant in sorted(invariants, key=_order)
        for violation in invariant.violations(facts)
    ]


def names(found: Iterable[Violation]) -> set[str]:
    """Return the ids of the invariants that were broken."""
    return {violation.invariant for violation in found}


def report(verdict: Verdict) -> list[str]:
    """Return the result in at most 20 lines, the shortest explanations first."""
    if verdict.passed:
        shown = ", ".join(f"{count} {name}" for name, count in verdict.counts.items())
        return [f"All {len(invariants)} invariants hold: {shown}"]
    broken = Counter(violation.invariant for violation in verdict.violations)
    lines = [f"too little happened: {shortfall}" for shortfall in verdict.shortfalls]
    lines += [f"{number} is broken {count} times" for number, count in broken.items()]
    by_length = sorted(verdict.violations, key=lambda v: len(v.explanation))
    first = {v.invariant: v for v in reversed(by_length)}.values()
    rest = [violation for violation in by_length if violation not in first]
    lines += [str(violation) for violation in [*first, *rest]]
    return lines[:REPORTED]


def _order(invariant: tuple[str, object, object]) -> tuple[str, int]:
    return invariant[0][0], int(invariant[0][1:])
