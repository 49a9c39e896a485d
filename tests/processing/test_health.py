"""Alive and ready: what the reports say, in a file and over HTTP."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.db import connections

from eventstreaming import clock
from eventstreaming.exceptions import InvalidValue
from eventstreaming.processing.health import (
    LATE_SECONDS,
    REMEMBER_SECONDS,
    UNHEARD_SECONDS,
    Health,
    is_reachable,
)
from eventstreaming.processing.health_server import HealthServer
from tests.processing.reporting import report


@pytest.fixture
def time_passes() -> Iterator[clock.SimulatedClock]:
    simulated = clock.SimulatedClock()
    with clock.use_clock(simulated):
        yield simulated


def test_file_is_touched_only_while_the_control_loops_turn(
    tmp_path: Path, time_passes: clock.SimulatedClock
) -> None:
    file = tmp_path / "health"
    health = Health([], file=file)
    os.utime(file, (1, 1))
    health.note([report(), report(late=LATE_SECONDS)])
    assert file.stat().st_mtime == 1
    health.note([report(), report(late=LATE_SECONDS - 1)])
    assert file.stat().st_mtime > 1
    health.finish()
    assert not file.exists()


def test_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="health-file"):
        Health([], file=tmp_path / "nowhere" / "health")


def test_nothing_heard_is_not_alive(time_passes: clock.SimulatedClock) -> None:
    health = Health([])
    assert health.why_not_alive()
    health.note([report()])
    assert not health.why_not_alive()
    time_passes.sleep(UNHEARD_SECONDS)
    assert health.why_not_alive() == ["nothing is heard of the workers"]


@pytest.fixture
def health() -> Health:
    return Health([])


@pytest.fixture
def server(health: Health) -> Iterator[HealthServer]:
    server = HealthServer(health, "127.0.0.1", 0)
    server.start()
    yield server
    server.finish()


def ask(server: HealthServer, path: str, method: str = "GET") -> tuple[int, Any]:
    request = Request(f"http://127.0.0.1:{server.port}{path}", method=method)
    try:
        with urlopen(request, timeout=5) as response:
            status, body = response.status, response.read()
    except HTTPError as error:
        status, body = error.code, error.read()
    return status, json.loads(body) if body else None


def test_paths_answer_what_orchestrators_ask(
    server: HealthServer, health: Health
) -> None:
    health.note([report(state="starting")])
    assert ask(server, "/live")[0] == 200
    status, answer = ask(server, "/ready")
    assert (status, answer["status"]) == (503, "not ready")
    assert answer["reasons"] == ["no worker is running"]

    health.note([report()])
    status, answer = ask(server, "/ready?probe=1")
    assert (status, answer["status"]) == (200, "ready")
    assert answer["workers"] == [
        {"pid": 1, "state": "running", "in_flight": 2, "late": 0.0}
    ]

    health.note([report(late=40.0)])
    status, answer = ask(server, "/live")
    assert (status, answer["status"]) == (503, "not alive")
    assert answer["reasons"] == ["a control loop of worker 1 hangs for 40 s"]
    assert ask(server, "/ready")[0] == 503

    assert ask(server, "/live", "HEAD") == (503, None)
    assert ask(server, "/etc/passwd") == (404, {"paths": ["/live", "/ready"]})


def test_port_that_is_taken_is_refused(server: HealthServer) -> None:
    with pytest.raises(InvalidValue, match=f"http-port.*127.0.0.1:{server.port}"):
        HealthServer(Health([]), "127.0.0.1", server.port)


@pytest.mark.django_db(databases=["default"])
def test_database_that_does_not_answer_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, time_passes: clock.SimulatedClock
) -> None:
    health = Health(["default"])
    health.note([report()])
    assert health.why_not_ready() == []
    with socket.socket() as nobody:  # bound, so nobody else answers there
        nobody.bind(("127.0.0.1", 0))
        settings = {
            **connections["default"].settings_dict,
            "HOST": "127.0.0.1",
            "PORT": nobody.getsockname()[1],
            "OPTIONS": {},
        }
        monkeypatch.setattr(connections["default"], "settings_dict", settings)
        assert not is_reachable("default")
        assert health.why_not_ready() == []  # it is not asked at each probe
        time_passes.sleep(REMEMBER_SECONDS)
        assert health.why_not_ready() == ["the database 'default' is away"]
    assert health.why_not_alive() == []
