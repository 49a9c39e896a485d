"""
What is measured, and how: contenders in turn, in small slices.

A machine is never quiet. So each round gives every contender one slice, in
another order each time, and a contender's figure is compared with raw psycopg's
of the same round: what disturbs one slice disturbs its neighbours, too.
"""

import math
import random
import statistics
import time
from collections.abc import Callable, Container, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from benchmarks.protocol import Unavailable

RAW = "raw psycopg"
OURS = "eventstreaming"
PLAIN = "… with Django's defaults"
LEAST_ROUNDS = 3

Slice = Callable[[], float]
Opener = Callable[[], AbstractContextManager[Slice]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """
    One thing that every contender does, the `baseline` first.

    A contender is opened once in each of the `sittings`; what it yields runs one slice
    and returns its figure in `unit`. How a process lies in memory makes it a few percent
    faster or slower for as long as it lives: what is to be told apart more closely takes
    several sittings. `wanted` is the ratio to the baseline that eventstreaming is meant
    to reach: a lower bound for rates, an upper one for costs. `bound` is for its figure
    itself, whatever the baseline's is. Without `warm` the first slice counts, where it
    takes long. `share` is how many times the usual time the scenario may take. A
    `quantile` other than the median is of a cost: 0.99 is what the slowest exceed.
    """

    name: str
    unit: str
    contenders: Mapping[str, Opener]
    baseline: str = RAW
    wanted: float | None = None
    bound: float | None = None
    warm: bool = True
    share: float = 1
    quantile: float = 0.5
    rounds: int = 15
    sittings: int = 1
    is_cost: bool = False
    prepare: Callable[[], None] | None = None


@dataclass(kw_only=True)
class Result:
    """All figures of one scenario, by contender."""

    scenario: Scenario
    figures: dict[str, list[float]] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)

    def median(self, contender: str) -> float:
        """Return the median of a contender's figures, or the scenario's quantile."""
        quantile = self.scenario.quantile
        if quantile != 0.5:
            ordered = sorted(self.figures[contender])
            return ordered[min(int(len(ordered) * quantile), len(ordered) - 1)]
        return statistics.median(self.figures[contender])

    def ratios(self, contender: str) -> list[float]:
        """Return the contender's figures, each by the baseline's of its round."""
        baseline = self.figures[self.scenario.baseline]
        pairs = zip(self.figures[contender], baseline, strict=True)
        return [figure / base if base else math.inf for figure, base in pairs]

    def ratio(self, contender: str) -> float:
        if self.scenario.is_cost:  # rounds of a latency are no pairs
            base = self.median(self.scenario.baseline)
            return self.median(contender) / base if base else math.inf
        return statistics.median(self.ratios(contender))

    def spread(self, contender: str) -> tuple[float, float]:
        """Return the quartiles of the ratios."""
        ratios = self.ratios(contender)
        if len(ratios) < 2:
            return ratios[0], ratios[0]
        low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return low, high

    def verdict(self) -> str:
        """Return what is wanted of eventstreaming, and whether it is reached."""
        wanted, bound = self.scenario.wanted, self.scenario.bound
        if wanted is None and bound is None:
            return ""
        if bound is None:
            value, limit, of = self.ratio(OURS), wanted, ""
        else:
            value, limit, of = self.median(OURS), bound, f" {self.scenario.unit}"
        is_reached = value <= limit if self.scenario.is_cost else value >= limit
        sign = "≤" if self.scenario.is_cost else "≥"
        return f"{sign} {limit:g}{of}: {'yes' if is_reached else 'NO'}"


def without(scenario: Scenario, names: Container[str]) -> Scenario:
    """Return the scenario without the contenders of these names."""
    contenders = {
        name: opener
        for name, opener in scenario.contenders.items()
        if name not in names
    }
    return replace(scenario, contenders=contenders)


def measure(
    scenario: Scenario, *, rounds: int, seconds: float, seed: int = 1
) -> Result:
    """
    Run a scenario; a contender that is unavailable is noted, not hidden.

    It ends after `rounds`, or after its share of `seconds` if there were LEAST_ROUNDS.
    """
    result = Result(scenario=scenario)
    shuffle = random.Random(seed).shuffle
    if scenario.prepare is not None:
        scenario.prepare()
    result.figures = {name: [] for name in scenario.contenders}
    for _ in range(scenario.sittings):
        with ExitStack() as stack:
            slices = _opened(stack, result)
            deadline = time.monotonic() + seconds * scenario.share / scenario.sittings
            for done in range(math.ceil(rounds / scenario.sittings)):
                if done >= LEAST_ROUNDS and time.monotonic() > deadline:
                    break
                names = list(slices)
                shuffle(names)
                for name in names:
                    try:
                        result.figures[name].append(slices[name]())
                    except Unavailable as reason:
                        del slices[name]
                        _drop(result, name, reason)
    if scenario.baseline in result.unavailable:
        reason = result.unavailable[scenario.baseline]
        raise RuntimeError(f"{scenario.name}: {reason}")
    return result


def _opened(stack: ExitStack, result: Result) -> dict[str, Slice]:
    """Open who is still in a result."""
    slices: dict[str, Slice] = {}
    for name in list(result.figures):
        try:
            slices[name] = stack.enter_context(result.scenario.contenders[name]())
            if result.scenario.warm:
                slices[name]()  # fills caches and prepares statements
        except Unavailable as reason:
            slices.pop(name, None)
            _drop(result, name, reason)
    return slices


def _drop(result: Result, name: str, reason: Unavailable) -> None:
    del result.figures[name]
    result.unavailable[name] = str(reason)
