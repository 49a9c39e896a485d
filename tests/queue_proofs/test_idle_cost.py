"""What idle workers ask of the server, by the server's own log."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.db import connection

from eventstreaming.models import WorkerHeartbeat
from tests.processes.workers import SupervisorProcess, wait_until
from tests.queue_proofs.processes import FULL
from tests.sessions import execute

pytestmark = pytest.mark.django_db(transaction=True)

# The pauses between looks grow for some time; in full, all are as long as they get.
SETTLED, SECONDS, MOST = (120.0, 120.0, 1.0) if FULL else (10.0, 5.0, 2.0)
PROCESSES = 2


@pytest.fixture
def server_log() -> Iterator[Path]:
    """Have the server log all statements in this database."""
    ((folder,),) = execute("SHOW data_directory")
    log = Path(folder).parent / "log"
    if not log.exists():
        pytest.skip("the server's log is elsewhere")
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    yield log
    execute(f"ALTER DATABASE {name} RESET log_statement")


def statements(log: Path) -> int:
    text = log.read_text(errors="replace")
    return text.count("LOG:  statement:") + text.count("LOG:  execute ")


def ask(port: int, path: str) -> dict[str, object]:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
        answer: dict[str, object] = json.load(response)
    return answer


def test_idle_worker_asks_at_most_once_a_second(
    server_log: Path, tmp_path: Path, free_port: int, say: Callable[[str], None]
) -> None:
    """Claims, listening, heartbeats and schedules in all, and health beside them."""
    file = tmp_path / "health"
    with SupervisorProcess(
        "work.plain",
        "log-reader",
        "--processes",
        str(PROCESSES),
        "--health-file",
        str(file),
        "--http-port",
        str(free_port),
    ) as supervisor:
        wait_until(lambda: WorkerHeartbeat.objects.count() == PROCESSES, "they beat")
        began = time.monotonic()
        wait_until(
            lambda: (
                set(WorkerHeartbeat.objects.values_list("state", flat=True))
                == {"running"}
            ),
            "both run",
        )
        rows = list(WorkerHeartbeat.objects.all())
        assert {row.pid for row in rows} == set(supervisor.children())
        assert {row.supervisor_pid for row in rows} == {supervisor.pid}
        assert all("work.plain" in row.queues for row in rows)
        assert ask(free_port, "/live")["status"] == "alive"
        assert ask(free_port, "/ready")["status"] == "ready"
        touched = file.stat().st_mtime

        time.sleep(max(0.0, began + SETTLED - time.monotonic()))
        before, began = statements(server_log), time.monotonic()
        time.sleep(SECONDS)
        count = statements(server_log) - before
        rate = count / (time.monotonic() - began) / PROCESSES
        say(f"{rate:.2f} statements a second and process")
        assert file.stat().st_mtime > touched

        code, log = supervisor.stop()
    assert code == 0, log
    assert not file.exists()
    assert not WorkerHeartbeat.objects.exists()
    assert 0.5 <= rate <= MOST, f"{rate:.2f} statements a second and process"
