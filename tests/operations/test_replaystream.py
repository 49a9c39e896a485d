"""The command replaystream: JSON lines, functions, and what it says."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eventstreaming import EventData, append, read_stream
from eventstreaming.management.commands.replaystream import Command
from eventstreaming.processing.registry import handlers
from eventstreaming.types import StoredEvent
from tests.operations.histories import DAY, write_history
from tests.operations.runners import runner
from tests.processes.workers import database_url

pytestmark = pytest.mark.django_db

SEEN: list[StoredEvent] = []


def keep(event: StoredEvent) -> None:
    SEEN.append(event)


def fail(event: StoredEvent) -> None:
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def forget() -> None:
    SEEN.clear()


def run(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("replaystream", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_events_are_printed_as_json_lines() -> None:
    append("orders", [EventData("Placed", {"n": n, "ü": [1.5]}) for n in range(3)])
    out, err = run("orders", "--start=1")
    lines = [json.loads(line) for line in out.splitlines()]
    stored = list(read_stream("orders", 1))
    assert [line["offset"] for line in lines] == [1, 2]
    assert lines[0]["data"] == {"n": 1, "ü": [1.5]}
    assert lines[0]["event_id"] == str(stored[0].event_id)
    assert lines[0].keys() >= {"stream_name", "position", "event_type", "timestamp"}
    assert err.startswith("2 events in ")


def test_function_is_called_by_its_path() -> None:
    write_history("orders", [3 * DAY, 2 * DAY, 0])
    out, _ = run("orders", f"--handler={__name__}.keep", "--until=2099-01-01T00:00Z")
    assert out == ""
    assert [event.offset for event in SEEN] == [0, 1, 2]


def test_declared_subscription_brings_its_source_and_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append("order-1", [EventData("Placed", {}), EventData("Paid", {})])
    append("other-1", EventData("Placed", {}))
    subscription, handled = runner("order-*", "billing")
    monkeypatch.setitem(handlers.subscriptions, "billing", subscription.subscription)
    run("--subscription=billing", "--type=Paid")
    assert [event.event_type for event in handled] == ["Paid"]
    run("--subscription=billing", "--limit=1", verbosity=0)
    assert len(handled) == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "Name a source"),
        (["a*"], "source: 'a\\*' is refused"),
        (["orders", "--handler=nowhere.at.all"], "--handler 'nowhere.at.all': No"),
        (["--subscription=nobody"], "No subscription 'nobody' is declared"),
        (["orders", "--since=soon"], "argument --since: Invalid isoformat"),
        (["orders", "--rate=0"], "rate: must be between 0.001 and"),
        (["orders", "--start=-1"], "start: must be between 0"),
    ],
)
def test_bad_arguments_end_with_one_line(arguments: list[str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        run(*arguments)


def test_error_of_the_function_comes_out_with_the_event() -> None:
    append("orders", EventData("Placed", {}))
    with pytest.raises(ZeroDivisionError) as caught:
        run("orders", f"--handler={__name__}.fail")
    assert "orders@0" in caught.value.__notes__[0]


def test_help_shows_examples() -> None:
    text = Command().create_parser("manage.py", "replaystream").format_help()
    assert "--subscription billing --start 500 --rate 200" in text


@pytest.mark.django_db(transaction=True)
def test_reader_that_goes_away_is_no_error() -> None:
    append("orders", [EventData("Placed", {"text": "x" * 1_000})] * 2_000)
    command = f"{sys.executable} manage.py replaystream orders -v0 | head -n 1"
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DATABASE_URL": database_url()},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["offset"] == 0
