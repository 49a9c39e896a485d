"""What is made of runs that are kept."""

from typing import Any

from benchmarks import saving


def run(date: str, *scenarios: dict[str, Any]) -> dict[str, Any]:
    machine = {"date": date, "eventstreaming": "0.1", "postgresql": "18.6"}
    return {"machine": {**machine, "processors": 2}, "scenarios": list(scenarios)}


def scenario(name: str, *, bounded: bool = False, **ratios: float) -> dict[str, Any]:
    return {
        "name": name,
        "is_cost": name == "latency",
        "bounded": bounded,
        "verdict": "≥ 0.5: yes",
        "contenders": {
            contender.replace("_", " "): {"ratio": ratio, "median": 7.0}
            for contender, ratio in {"raw_psycopg": 1.0, **ratios}.items()
        },
    }


def test_the_fastest_other_stands_beside_ours() -> None:
    table = saving.how_fast(
        run(
            "2026-11-26",
            scenario("enqueue", eventstreaming=0.8, pgqueuer=0.6, chancy=0.2),
            scenario("latency", eventstreaming=1.5, pgqueuer=1.2, chancy=3.0),
            scenario("append", eventstreaming=0.9),
            scenario("growth", bounded=True, eventstreaming=1.0),
        )
    )
    assert table.splitlines()[-3:] == [
        "| enqueue | 0.80 | - | 0.60 pgqueuer |",
        "| latency (less is better) | 1.50 | - | 1.20 pgqueuer |",
        "| append | 0.90 | - | - |",
    ]


def test_history_has_a_column_for_each_run() -> None:
    table = saving.history(
        [
            run("2026-11-26", scenario("enqueue", eventstreaming=0.7)),
            run(
                "2026-12-01",
                scenario("enqueue", eventstreaming=0.8),
                scenario("growth", bounded=True, eventstreaming=1.0),
            ),
        ]
    )
    assert table.splitlines()[-2:] == [
        "| enqueue | ≥ 0.5 | 0.70 | 0.80 |",
        "| growth | ≥ 0.5 | - | 7.00 |",
    ]
