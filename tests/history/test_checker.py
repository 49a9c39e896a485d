"""The checker as a whole: what it reports, what it refuses, and how fast it is."""

import time
from pathlib import Path

from tests.history.__main__ import main
from tests.history.checker import REPORTED, check, names, violations
from tests.history.final import FinalState
from tests.history.invariants import invariants
from tests.history.operations import History
from tests.history.story import Story, event
from tests.history.verdicts import assert_valid


def test_run_that_recorded_nothing_proves_nothing() -> None:
    verdict = check(History([], FinalState()), floors={})
    assert not verdict.passed
    assert "steps: 0, and at least 1 are needed" in str(verdict)


def test_run_must_reach_its_floors() -> None:
    story = Story()
    story.append("a")
    history = story.facts().history
    assert check(history, floors={"append ok": 1}).passed
    verdict = check(history, floors={"append ok": 2, "redeliveries": 5})
    assert verdict.violations == []
    assert verdict.shortfalls == [
        "append ok: 1, and at least 2 are needed",
        "redeliveries: 0, and at least 5 are needed",
    ]


def test_report_is_short_and_begins_with_each_invariant() -> None:
    story = Story()
    for number in range(100):
        story.enqueue(f"lost-{number}", ids=[number])
    story.append("missing", stored=False)
    lines = str(check(story.facts().history, floors={})).splitlines()
    assert len(lines) == REPORTED
    assert lines[:2] == ["L1 is broken 1 times", "Q1 is broken 100 times"]
    assert {line.partition(" ")[0] for line in lines[2:4]} == {"L1", "Q1"}


def test_report_of_a_good_run_says_how_much_it_saw() -> None:
    story = Story()
    story.append("a")
    report = str(check(story.facts().history, floors={}))
    assert report.startswith(f"All {len(invariants)} invariants hold: ")
    assert "1 append ok" in report


def test_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    FinalState().save(tmp_path)
    assert main([str(tmp_path)]) == 1
    assert main([]) == 2


def test_long_history_is_checked_in_seconds() -> None:
    """Nothing is quadratic: 40,000 operations, and a bug at the end."""
    story = Story()
    last = 5_000
    for n in range(last):
        story.enqueue(f"m{n}", ids=[n])
        story.deliver(n, f"m{n}", claimed=0)
        story.deliver(n, f"m{n}", token=2, claimed=10)
        story.answer("acknowledge", n, lost="taken")
        story.answer("acknowledge", n, 2)
        story.append(f"e{n}", stream=f"s-{n % 50}", offset=n // 50, position=n + 1)
        story.read(
            event(f"e{n}", stream=f"s-{n % 50}", offset=n // 50, position=n + 1),
            start=n + 1,
        )
        story.operation("checkpoints", {}, {"places": {"sub": n}})
    story.final(last_position=last)
    began = time.process_time()
    assert_valid(story)
    assert time.process_time() - began < 10
    story.answer("extend", 0, 1, timeout=1, result={"until": 0})
    assert names(violations(story.facts())) == {"Q6"}
