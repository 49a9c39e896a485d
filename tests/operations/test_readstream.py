"""The commands readstream and resetsubscription."""

import json
import subprocess
import sys
import time
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from eventstreaming import EventData, append
from eventstreaming.models import Checkpoint, Subscription
from tests.processes.workers import database_url

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> list[str]:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def offsets(lines: list[str]) -> list[int]:
    return [json.loads(line)["offset"] for line in lines]


def test_events_are_printed_from_a_place_or_the_last_ones() -> None:
    append("orders", [EventData("Placed", {"n": n}) for n in range(5)])
    (line,) = run("readstream", "orders", "--last=1")
    assert "orders@4" in line
    assert line.endswith('Placed  {"n":4}')
    json_lines = ("--format=json",)
    assert offsets(run("readstream", "orders", "--from=3", *json_lines)) == [3, 4]
    assert offsets(run("readstream", "*", "--limit=2", *json_lines)) == [0, 1]
    assert run("readstream", "orders", "--last=0") == []
    assert run("readstream", "order-*", "--type=Other") == []
    with pytest.raises(CommandError, match="source"):
        run("readstream", "or*ders")


def hide(stream_name: str, type_name: str, value: object, part: str) -> str:
    return "hidden"


def test_lines_show_what_the_redaction_lets_through(settings: Settings) -> None:
    settings.EVENT_STREAM_REDACTION = f"{__name__}.hide"
    append("orders", EventData("Placed", {"secret": 1}))
    for form in ("text", "json"):
        (line,) = run("readstream", "orders", f"--format={form}")
        assert "secret" not in line
        assert '"hidden"' in line


@pytest.mark.django_db(transaction=True)
def test_follow_goes_on_with_what_comes() -> None:
    append("orders", [EventData("Placed", {"n": n}) for n in range(3)])
    command = [sys.executable, "manage.py", "readstream", "orders", "--follow"]
    with subprocess.Popen(
        [*command, "--last=1", "--limit=2"],
        env={"DATABASE_URL": database_url(), "PYTHONPATH": "."},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "orders@2" in process.stdout.readline()
        time.sleep(0.1)
        append("orders", EventData("Placed", {"n": 3}))
        assert "orders@3" in process.stdout.readline()
        assert process.wait(10) == 0


def test_a_subscription_is_moved_after_a_question() -> None:
    append("orders", [EventData("Placed", {"n": n}) for n in range(5)])
    row = Subscription.objects.create(name="billing", source="orders")
    checkpoint = Checkpoint.objects.create(subscription=row, offset=4)
    with mock.patch("builtins.input", return_value="yes"), pytest.raises(CommandError):
        run("resetsubscription", "billing", "--beginning")
    checkpoint.refresh_from_db()
    assert checkpoint.offset == 4
    with mock.patch("builtins.input", return_value="billing"):
        lines = run("resetsubscription", "billing", "--to=2")
    assert lines == [
        "billing reads orders and has come to 4.",
        "billing goes on at 2.",
    ]
    for option, offset in (
        ("--beginning", None),
        ("--end", 4),
        ("--since=2020-01-01", None),
    ):
        run("resetsubscription", "billing", option, "--yes")
        checkpoint.refresh_from_db()
        assert checkpoint.offset == offset
    with pytest.raises(CommandError, match="no subscription 'other'"):
        run("resetsubscription", "other", "--end", "--yes")
    with pytest.raises(CommandError, match="the end"):
        run("resetsubscription", "billing", "--to=99", "--yes")
