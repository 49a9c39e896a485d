"""Run the benchmarks: `python -m benchmarks --only append --quick`."""

import argparse
import os
import signal
import sys

import django
from django.core.management import call_command
from django.db import connection, connections

from benchmarks import report, saving
from benchmarks.database import database
from benchmarks.peers.catalogue import PEERS
from benchmarks.scenario import measure, without
from benchmarks.scenarios import all_scenarios

EVENTS, QUICK_EVENTS = 1_000_000, 100_000
SECONDS, QUICK_SECONDS = 30.0, 6.0  # of measuring, a scenario


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers end with blocks
    with database() as url:
        os.environ["DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        try:
            _run(options)
        finally:
            connections.close_all()


def _run(options: argparse.Namespace) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        ((version,),) = cursor.fetchall()
    machine = report.describe_machine(version)
    print(" ".join(f"{name}={value}" for name, value in machine.items()), flush=True)
    print(report.as_text([report.HEADINGS]), flush=True)
    results = []
    events = options.events or (QUICK_EVENTS if options.quick else EVENTS)
    for scenario in all_scenarios(events=events):
        if options.only and not any(part in scenario.name for part in options.only):
            continue
        rounds = options.rounds or scenario.rounds
        if options.without_peers:
            scenario = without(scenario, PEERS)
        seconds = QUICK_SECONDS if options.quick else SECONDS
        results.append(measure(scenario, rounds=rounds, seconds=seconds))
        print(report.as_text(report.rows(results[-1])), flush=True)
        if options.save:  # each time: a run that is cut short is kept, too
            saved = saving.save(machine, results)
    if options.save and results:
        print(f"Saved as {saved}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        metavar="TEXT",
        help="measure the scenarios whose name has TEXT in it; may be repeated",
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds, and a smaller table to read"
    )
    parser.add_argument(
        "--without-peers", action="store_true", help="leave other libraries out"
    )
    parser.add_argument(
        "--events", type=int, help="in the long stream, and in the short together"
    )
    parser.add_argument("--rounds", type=int, help="how often each contender is timed")
    parser.add_argument(
        "--save", action="store_true", help="keep the results in benchmarks/results"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
