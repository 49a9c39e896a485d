"""The shape of the package: small modules, and imports that point down."""

import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

import eventstreaming

PACKAGE = Path(eventstreaming.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts
)


def count_lines(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_has_at_most_400_lines(path: Path) -> None:
    assert count_lines(path) <= 400


def test_median_module_has_less_than_100_lines() -> None:
    """The suite that is shipped for other stores is test code, so it is left out."""
    code = [path for path in MODULES if "testing" not in path.parts]
    assert median(count_lines(path) for path in code) < 100


def test_modules_are_named_after_what_they_hold() -> None:
    nameless = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert [path for path in MODULES if path.name in nameless] == []


def test_nobody_keeps_a_function_of_the_clock() -> None:
    """It would go on asking that clock when a test has put another in its place."""
    kept = re.compile(r"clock\.monotonic\b(?!\()|eventstreaming\.clock import (?!Sim)")
    for path in MODULES:
        if path.name != "clock.py":
            assert not kept.search(path.read_text(encoding="utf-8")), path


def test_imports_keep_the_contracts() -> None:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
