"""A run's results: a table to read, and files to keep."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.scenario import OURS, RAW, Result

FOLDER = Path(__file__).parent / "results"
HEADINGS = ("scenario", "contender", "median", "ratio", "quartiles", "wanted")


def describe_machine(server_version: str) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
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
        wanted = ""
        if contender == OURS and scenario.wanted is not None:
            ratio = result.ratio(contender)
            reached = (
                ratio <= scenario.wanted
                if scenario.is_time
                else ratio >= scenario.wanted
            )
            sign = "≤" if scenario.is_time else "≥"
            wanted = f"{sign} {scenario.wanted:g} {'yes' if reached else 'NO'}"
        if contender == OURS and scenario.bound is not None:
            reached = result.median(contender) >= scenario.bound
            wanted = f"{scenario.bound:g} itself {'yes' if reached else 'NO'}"
        median = result.median(contender)
        lines.append(
            (
                scenario.name,
                contender,
                f"{median:,.{0 if median >= 100 else 2}f} {scenario.unit}",
                f"{result.ratio(contender):.2f}",
                "" if contender == RAW else f"{low:.2f} - {high:.2f}",
                wanted,
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
            f"# {machine['date']}, PostgreSQL {machine['postgresql']}",
            "",
            f"Python {machine['python']}, {machine['processors']} processors. A ratio "
            "is the median of each round's figure by raw psycopg's of that round.",
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


def save(machine: dict[str, Any], results: list[Result]) -> Path:
    """Write the results as Markdown and JSON; return the path of the first."""
    FOLDER.mkdir(exist_ok=True)
    stem = f"{machine['date']}-{machine['postgresql'].partition(' ')[0]}"
    document = {
        "machine": machine,
        "scenarios": [
            {
                "name": result.scenario.name,
                "unit": result.scenario.unit,
                "wanted": result.scenario.wanted,
                "contenders": {
                    name: {
                        "median": round(result.median(name), 3),
                        "ratio": round(result.ratio(name), 3),
                        "quartiles": [round(bound, 3) for bound in result.spread(name)],
                        "rounds": len(result.figures[name]),
                    }
                    for name in result.figures
                },
                "unavailable": result.unavailable,
            }
            for result in results
        ],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (FOLDER / f"{stem}.json").write_text(f"{text}\n", encoding="utf-8")
    report = FOLDER / f"{stem}.md"
    report.write_text(as_markdown(machine, results), encoding="utf-8")
    return report
