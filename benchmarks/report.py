"""A run's results as tables."""

import os
import platform
from datetime import UTC, datetime
from typing import Any

import eventstreaming
from benchmarks.scenario import OURS, Result

HEADINGS = ("scenario", "contender", "median", "ratio", "quartiles", "wanted")


def describe_machine(server_version: str) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "eventstreaming": eventstreaming.__version__,
        "postgresql": server_version,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
    }


def rows(result: Result) -> list[tuple[str, ...]]:
    """Return the lines of one scenario: its contenders, raw psycopg first."""
    scenario = result.scenario
    lines = []
    for contender in scenario.contenders:
        if contender in result.unavailable:
            reason = result.unavailable[contender]
            lines.append((scenario.name, contender, f"not measured: {reason}"))
            continue
        low, high = result.spread(contender)
        median = result.median(contender)
        lines.append(
            (
                scenario.name,
                contender,
                f"{median:,.{0 if median >= 100 else 2}f} {scenario.unit}",
                f"{result.ratio(contender):.2f}",
                "" if contender == scenario.baseline else f"{low:.2f} - {high:.2f}",
                result.verdict() if contender == OURS else "",
            )
        )
    return lines


def as_text(lines: list[tuple[str, ...]]) -> str:
    """Return lines of a table in columns."""
    widths = (31, 26, 20, 5, 11, 10)
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=False)
        ).rstrip()
        for line in lines
    )


def as_markdown(machine: dict[str, Any], results: list[Result]) -> str:
    """Return the whole report."""
    lines = [line for result in results for line in rows(result)]
    return "\n".join(
        [
            f"# {machine['date']}, version {machine['eventstreaming']}",
            "",
            f"PostgreSQL {machine['postgresql']}, Python {machine['python']}, "
            f"{machine['processors']} processors. A ratio is the median of each "
            "round's figure by raw psycopg's of that round.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            f"|{' --- |' * len(HEADINGS)}",
            *(
                f"| {' | '.join([*line, *[''] * (len(HEADINGS) - len(line))])} |"
                for line in lines
            ),
            "",
        ]
    )
