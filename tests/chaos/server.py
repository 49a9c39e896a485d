"""The server of a chaos run, and what can happen to it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from demo_project.embedded import EmbeddedPostgreSQL
from tests.processes.workers import PATIENCE, ROOT, wait_until

SETTINGS = "tests.chaos.settings"
MOST_CONNECTIONS = 150
EXHAUSTED_SECONDS = 1.0


class ChaosServer(EmbeddedPostgreSQL):
    """A PostgreSQL of the run's own. It keeps what it acknowledged."""

    def __init__(self, folder: Path, history: Path) -> None:
        super().__init__(folder, max_connections=MOST_CONNECTIONS)
        self.history = history

    def environment(self, process: str) -> dict[str, str]:
        """Return the environment of a process of the run."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "DATABASE_URL": self.url,
            "CHAOS_HISTORY": str(self.history),
            "CHAOS_PROCESS": process,
            "PYTHONUNBUFFERED": "1",
        }

    def migrate(self) -> None:
        """Create the tables."""
        quietly = ("--run-syncdb", "--skip-checks", "--verbosity", "0")
        subprocess.run(
            [sys.executable, "manage.py", "migrate", *quietly],
            cwd=ROOT,
            check=True,
            env=self.environment("migrate"),
        )

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Open a session that says what it is; wait while the server recovers."""
        with self._connect() as session:
            yield session

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._open()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self.sockets),
            user="postgres",
            dbname="postgres",
            autocommit=True,
            application_name="chaos",
        )

    def crash(self) -> None:
        """Let the server stop without writing anything more, and start it again."""
        pid = self.pid
        os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: not _alive(pid), "the server is down")
        self.start()

    def end_sessions(self, chance: random.Random) -> int:
        """End some of the clients' sessions; return how many."""
        with self.session() as session:
            return self._end_sessions(session, chance)

    def _end_sessions(
        self, session: psycopg.Connection[tuple[Any, ...]], chance: random.Random
    ) -> int:
        chosen = [pid for pid in _clients(session) if chance.random() < 0.4]
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [chosen]
        )
        return len(chosen)

    def exhaust(self, chance: random.Random) -> None:
        """Take all connections that are left, end some sessions, and wait a little."""
        with self.session() as first, ExitStack() as taken:
            with suppress(psycopg.OperationalError):  # no more
                while True:
                    taken.enter_context(closing(self._open()))
            self._end_sessions(first, chance)
            time.sleep(EXHAUSTED_SECONDS)

    def kill_session(self, chance: random.Random) -> None:
        """Kill the process of a session: the server ends all, and recovers."""
        with self.session() as session:
            pids = _clients(session)
        if pids:
            os.kill(chance.choice(pids), signal.SIGKILL)


def _clients(session: psycopg.Connection[tuple[Any, ...]]) -> list[int]:
    rows = session.execute(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
        "AND application_name <> 'chaos' ORDER BY backend_start"
    )
    return [pid for (pid,) in rows]


def _alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").is_dir()
    return status.rpartition(")")[2].split()[0] != "Z"
