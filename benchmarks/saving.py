"""
Keeps a run in `results/`, and puts its ratios into README.md.

A run is a JSON file with all medians, ratios and quartiles, and the same as a
table. `results/README.md` has one column a run.
"""

import json
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.peers.catalogue import PEERS
from benchmarks.scenario import OURS, PLAIN, Result

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- How fast: begin -->", "<!-- How fast: end -->"

Document = dict[str, Any]


def save(machine: dict[str, Any], results: list[Result]) -> Path:
    """Keep a run under its day and version; return the path of its table."""
    RESULTS.mkdir(exist_ok=True)
    stem = f"{machine['date']}-{machine['eventstreaming']}"
    document = _document(machine, results)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    _write(RESULTS / f"{stem}.json", text)
    _write(RESULTS / f"{stem}.md", report.as_markdown(machine, results))
    runs = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    _write(RESULTS / "README.md", history(runs))
    _replace_in_readme(how_fast(document))
    return RESULTS / f"{stem}.md"


def how_fast(run: Document) -> str:
    """Return a table of ratios for people who choose: a scenario a line."""
    machine = run["machine"]
    lines = [
        f"Measured on {machine['date']}: PostgreSQL {machine['postgresql']}, "
        f"{machine['processors']} processors.",
        "",
        "| rate, by raw psycopg's (5 ms transactions: by one serial stream's) "
        "| eventstreaming | Django's defaults | the fastest other |",
        "| --- | --- | --- | --- |",
    ]
    for scenario in run["scenarios"]:
        if scenario["bounded"]:
            continue
        ratios = {name: c["ratio"] for name, c in scenario["contenders"].items()}
        others = {name: ratio for name, ratio in ratios.items() if name in PEERS}
        choose = min if scenario["is_cost"] else max
        best = choose(others, key=others.__getitem__) if others else None
        label = scenario["name"] + (" (less is better)" * scenario["is_cost"])
        lines.append(
            f"| {label} | {ratios[OURS]:.2f} | {_cell(ratios.get(PLAIN))} "
            f"| {f'{ratios[best]:.2f} {best}' if best else '-'} |"
        )
    return "\n".join(lines)


def history(runs: list[Document]) -> str:
    """Return a table of our ratios, or bounded figures: a scenario a line."""
    names = list(dict.fromkeys(s["name"] for run in runs for s in run["scenarios"]))
    heads = [
        f"{run['machine']['date']}<br>{run['machine']['eventstreaming']}"
        for run in runs
    ]
    lines = [
        "# All runs",
        "",
        "By raw psycopg's figure; where a bound is for the figure itself, the figure.",
        "",
        f"| scenario | wanted | {' | '.join(heads)} |",
        f"|{' --- |' * (len(runs) + 2)}",
    ]
    for name in names:
        found = [_scenario(run, name) for run in runs]
        verdict = next(s["verdict"] for s in reversed(found) if s)
        cells = " | ".join(_cell(_figure(scenario)) for scenario in found)
        lines.append(f"| {name} | {verdict.partition(':')[0]} | {cells} |")
    return "\n".join(lines) + "\n"


def _document(machine: dict[str, Any], results: list[Result]) -> Document:
    return {
        "machine": machine,
        "scenarios": [
            {
                "name": result.scenario.name,
                "unit": result.scenario.unit,
                "is_cost": result.scenario.is_cost,
                "bounded": result.scenario.bound is not None,
                "verdict": result.verdict(),
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


def _scenario(run: Document, name: str) -> Document | None:
    return next((s for s in run["scenarios"] if s["name"] == name), None)


def _figure(scenario: Document | None) -> float | None:
    if scenario is None:
        return None
    return scenario["contenders"][OURS]["median" if scenario["bounded"] else "ratio"]


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _replace_in_readme(table: str) -> None:
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.write_text(f"{text.rstrip()}\n", encoding="utf-8")
