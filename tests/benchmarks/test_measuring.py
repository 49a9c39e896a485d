"""Taking turns, and what becomes of a contender that cannot."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from benchmarks.protocol import Unavailable
from benchmarks.scenario import LEAST_ROUNDS, OURS, RAW, Scenario, measure, without

Opener = Callable[[], AbstractContextManager[Callable[[], float]]]


def steady(figure: float) -> Opener:
    @contextmanager
    def opener() -> Iterator[Callable[[], float]]:
        yield lambda: figure

    return opener


def failing(after: int) -> Opener:
    """Fail in the slice after so many, the one that warms up counted."""

    @contextmanager
    def opener() -> Iterator[Callable[[], float]]:
        left = iter(range(after))

        def run() -> float:
            for _ in left:
                return 1.0
            raise Unavailable("it is gone")

        yield run

    return opener


def scenario(contenders: dict[str, Opener], **fields: Any) -> Scenario:
    return Scenario(name="something", unit="a second", contenders=contenders, **fields)


def test_ratio_is_by_raw_psycopg() -> None:
    result = measure(
        scenario({RAW: steady(200), OURS: steady(150)}), rounds=4, seconds=9
    )
    assert result.ratio(OURS) == 0.75
    assert result.spread(OURS) == (0.75, 0.75)
    assert result.figures[OURS] == [150] * 4


def test_contenders_are_opened_anew_for_each_sitting() -> None:
    opened = []

    @contextmanager
    def opener() -> Iterator[Callable[[], float]]:
        opened.append(figure := float(len(opened) + 1))
        yield lambda: figure

    result = measure(
        scenario({RAW: steady(1), OURS: opener}, sittings=3), rounds=6, seconds=9
    )
    assert result.figures[OURS] == [1, 1, 2, 2, 3, 3]
    assert result.ratio(OURS) == 2


def test_contender_that_fails_in_a_later_sitting_is_left_out() -> None:
    openers = iter([steady(1), failing(1), steady(1)])
    result = measure(
        scenario({RAW: steady(2), "peer": lambda: next(openers)()}, sittings=3),
        rounds=3,
        seconds=9,
    )
    assert result.unavailable == {"peer": "it is gone"}
    assert result.figures == {RAW: [2] * 3}


@pytest.mark.parametrize("after", [0, 2])
def test_contender_that_cannot_go_on_is_noted(after: int) -> None:
    result = measure(
        scenario({RAW: steady(2), OURS: steady(1), "peer": failing(after)}),
        rounds=3,
        seconds=9,
    )
    assert result.unavailable == {"peer": "it is gone"}
    assert set(result.figures) == {RAW, OURS}


def test_nothing_is_measured_without_raw_psycopg() -> None:
    with pytest.raises(RuntimeError, match="it is gone"):
        measure(scenario({RAW: failing(1), OURS: steady(1)}), rounds=3, seconds=9)


def test_time_that_is_up_ends_it_after_the_least_rounds() -> None:
    result = measure(scenario({RAW: steady(2), OURS: steady(1)}), rounds=50, seconds=0)
    assert len(result.figures[RAW]) == LEAST_ROUNDS


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, ""),
        ({"wanted": 0.5}, "≥ 0.5: yes"),
        ({"wanted": 0.9}, "≥ 0.9: NO"),
        ({"wanted": 0.5, "is_cost": True}, "≤ 0.5: NO"),
        ({"bound": 150}, "≥ 150 a second: yes"),
        ({"bound": 100, "is_cost": True}, "≤ 100 a second: NO"),
    ],
)
def test_verdict(fields: dict[str, Any], verdict: str) -> None:
    contenders = {RAW: steady(200), OURS: steady(150)}
    result = measure(scenario(contenders, **fields), rounds=3, seconds=9)
    assert result.verdict() == verdict


def test_contenders_can_be_left_out() -> None:
    left = without(scenario({RAW: steady(2), "peer": steady(1)}), {"peer"})
    assert list(left.contenders) == [RAW]
