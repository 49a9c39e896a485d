"""One chaos run: a load, faults, a drain, and a verdict."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.nemesis import Fault, Nemesis
from tests.chaos.processes import Processes
from tests.chaos.server import ChaosServer
from tests.history.checker import Verdict, check
from tests.history.final import EffectRow, FinalState
from tests.history.operations import History
from tests.history.reached import Floors
from tests.history.recorder import Recorder

STANDSTILL_SECONDS = 20.0
_BEHIND = """
    SELECT s.name, coalesce(c."offset", c.position, -1)
      FROM eventstreaming_subscription AS s
      JOIN eventstreaming_checkpoint AS c ON c.subscription_id = s.id
     WHERE coalesce(c."offset", c.position, -1) < coalesce(
           CASE WHEN s.source LIKE '%*'
                THEN (SELECT max(position) FROM eventstreaming_event)
                ELSE (SELECT next_offset - 1 FROM eventstreaming_stream
                       WHERE name = s.source) END, -1)
"""
ROLES = {"worker": 1, "supervisor": 1, "producer": 3, "consumer": 2, "reader": 2}


class StoodStill(Exception):
    """The workers did not get to the end, though nothing was in their way."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run; the same plan gives the same faults at the same times."""

    seed: int
    seconds: float
    faults: list[Fault]
    floors: Floors
    roles: dict[str, int] = field(default_factory=lambda: dict(ROLES))


def run_chaos(plan: Plan, history: Path) -> Verdict:
    """Run a plan, leave its history in a folder, and check it."""
    with chaos_server(history) as server:
        with Processes.running(server, plan.roles, plan.seed) as processes:
            processes.await_all()
            with closing(Recorder(history, "nemesis")) as recorder:
                nemesis = Nemesis(server, processes, recorder, plan.seed)
                nemesis.run(plan.faults, plan.seconds)
            drain(server, processes)
            processes.stop("producer", "consumer", "worker", "supervisor")
            processes.stop("reader")  # which reads everything once more
        read_final_state(server).save(history)
    return check(History.load(history), plan.floors)


@contextmanager
def chaos_server(history: Path) -> Iterator[ChaosServer]:
    """Run a server with the tables, in a folder that goes away."""
    with (
        tempfile.TemporaryDirectory(prefix="eventstreaming-") as folder,
        ChaosServer(Path(folder, "server"), history) as server,
    ):
        server.migrate()
        yield server


def drain(server: ChaosServer, processes: Processes) -> None:
    """Wait until everything is done that has been begun; fail if it stands still."""
    (server.history / "calm").touch()
    with server.session() as session:
        left: dict[str, int] = {}
        while now_left := what_is_left(session):
            if now_left != left:
                left, deadline = now_left, time.monotonic() + STANDSTILL_SECONDS
            elif time.monotonic() > deadline:
                raise StoodStill(f"no progress in {STANDSTILL_SECONDS:.0f} s: {left}")
            processes.check()
            time.sleep(0.05)


def what_is_left(session: psycopg.Connection[tuple[Any, ...]]) -> dict[str, int]:
    """Return the sizes of queues, and the places of subscriptions behind."""
    queues = session.execute(
        "SELECT queue, count(*) FROM eventstreaming_message GROUP BY queue"
    )
    behind = session.execute(_BEHIND)
    return dict([*queues, *behind])


def read_final_state(server: ChaosServer) -> FinalState:
    """Read the tables of the package and of the run."""
    with server.session() as session:
        effects = session.execute(
            "SELECT kind, item, place FROM chaos_effect ORDER BY id"
        )
        rows = session.execute("SELECT item FROM chaos_written ORDER BY id")
        return FinalState.read(
            session,
            drained=True,
            effects=[EffectRow(*row) for row in effects],
            rows=[item for (item,) in rows],
            exactly_once=["exact", "accounts", "one-account", "everything"],
            at_least_once=["jobs"],
        )


def describe_failure(plan: Plan, history: Path, reason: object, repeat: str) -> str:
    """Say what is needed to understand a failed run, and to repeat it."""
    return (
        f"{reason}\n"
        f"seed {plan.seed}, history in {history}\n"
        f"check it again: python -m tests.history {history}\n"
        f"repeat it: {repeat}"
    )
