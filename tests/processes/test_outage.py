"""The database goes away under a worker, and comes back."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo_project.embedded import EmbeddedPostgreSQL
from tests.processes.workers import ROOT, WorkerProcess, wait_until

CRASHES = 3
MESSAGES = 300


@pytest.fixture
def server() -> Iterator[EmbeddedPostgreSQL]:
    """A server of the test's own, migrated; it keeps what it acknowledged."""
    with (
        tempfile.TemporaryDirectory(prefix="eventstreaming-") as folder,
        EmbeddedPostgreSQL(Path(folder, "server")) as server,
    ):
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--run-syncdb", "-v", "0"],
            cwd=ROOT,
            check=True,
            env={**os.environ, "DATABASE_URL": server.url, **settings_module()},
        )
        yield server


def settings_module() -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}


def query(server: EmbeddedPostgreSQL, sql: str, params: Any = None) -> list[Any]:
    with psycopg.connect(
        host=str(server.sockets), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        cursor = connection.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def enqueue(server: EmbeddedPostgreSQL, numbers: range) -> None:
    """Write messages by plain SQL: the tables have all the defaults."""
    query(
        server,
        "INSERT INTO eventstreaming_message (queue, data) "
        "SELECT 'work.exact', value FROM json_array_elements(%s)",
        [json.dumps([{"number": n} for n in numbers])],
    )


def crash(server: EmbeddedPostgreSQL) -> None:
    """Let the server stop without writing anything more, and start it again."""
    pid = server.pid
    os.kill(pid, signal.SIGQUIT)
    wait_until(lambda: not alive(pid), "the server is down")
    server.start()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_worker_survives_crashes_of_the_server(server: EmbeddedPostgreSQL) -> None:
    """Each message takes effect exactly once, whatever was under way."""

    def done() -> int:
        return int(query(server, "SELECT count(*) FROM workerapp_effect")[0][0])

    with WorkerProcess("work.exact", "log-reader", url=server.url) as worker:
        for round_number in range(CRASHES):
            begun = done()
            enqueue(
                server, range(round_number * MESSAGES, (round_number + 1) * MESSAGES)
            )
            wait_until(lambda begun=begun: done() > begun, "some are done")
            crash(server)
        # What was leased when the server crashed comes back in 30 seconds.
        query(server, "UPDATE eventstreaming_message SET leased_until = 'epoch'")
        wait_until(
            lambda: query(server, "SELECT 1 FROM eventstreaming_message LIMIT 1") == [],
            "the queue is empty",
        )
        code, log = worker.stop()

    assert code == 0, log
    numbers = query(server, "SELECT number FROM workerapp_effect ORDER BY number")
    assert [number for (number,) in numbers] == list(range(CRASHES * MESSAGES))
    assert "the database is away" in log
    assert "the database is back after" in log
