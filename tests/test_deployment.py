"""The examples for systemd and Kubernetes: they parse, and their numbers fit."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class

from tests.documents import ROOT

PAGE = (ROOT / "docs" / "deployment.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def options(arguments: list[str]) -> dict[str, Any]:
    """Return what `runworker` makes of its arguments; wrong ones raise."""
    command = load_command_class("eventstreaming", "runworker")
    parser = command.create_parser("manage.py", "runworker")
    parsed: dict[str, Any] = vars(parser.parse_args(arguments))
    return parsed


@pytest.fixture
def service() -> dict[str, str]:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block("ini"))
    return dict(unit["Service"])


def test_systemd_waits_longer_than_handlers_may_take(service: dict[str, str]) -> None:
    arguments = service["ExecStart"].split()
    asked = options(arguments[arguments.index("runworker") + 1 :])
    assert asked["processes"] == 4
    assert int(service["TimeoutStopSec"]) > asked["grace"] + 5
    assert service["KillMode"] == "mixed"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """Paths and users of the example are not here, so ours stand in for them."""
    text = block("ini").replace("/srv/shop/venv/bin/python", "/bin/true")
    text = text.replace("User=shop\n", "").replace("/srv/shop", str(tmp_path))
    unit = tmp_path / "shop-worker.service"
    unit.write_text(text)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "shop-worker.service" not in result.stderr


def test_kubernetes_asks_where_the_worker_answers() -> None:
    deployment = yaml.safe_load(block("yaml"))
    template = deployment["spec"]["template"]
    assert deployment["kind"] == "Deployment"
    assert (
        deployment["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
    )
    pod = template["spec"]
    (container,) = pod["containers"]
    assert container["command"][-1] == "runworker"
    asked = options(container["args"])
    assert pod["terminationGracePeriodSeconds"] > asked["grace"] + 5
    (port,) = container["ports"]
    assert (asked["http_port"], asked["http_host"]) == (
        port["containerPort"],
        "0.0.0.0",
    )
    for probe, path in (("livenessProbe", "/live"), ("readinessProbe", "/ready")):
        assert container[probe]["httpGet"] == {"path": path, "port": port["name"]}
