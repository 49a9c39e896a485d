"""eventstatus --watch: round after round, until Ctrl+C."""

import json
from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from eventstreaming import enqueue_many
from eventstreaming.management.watching import CLEAR
from eventstreaming.models import QueueActivity
from eventstreaming.operations.status import store_status

pytestmark = pytest.mark.django_db

STATUS = "eventstreaming.management.commands.eventstatus.store_status"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def watch(out: StringIO, *arguments: str, **streams: StringIO) -> list[float]:
    """Press Ctrl+C in the third round's pause; return how long the pauses were."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        enqueue_many("mail", [{}])
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    with mock.patch("eventstreaming.clock.sleep", sleep):
        call_command("eventstatus", *arguments, stdout=out, **streams)
    return pauses


def test_json_is_a_line_for_each_round() -> None:
    enqueue_many("mail", [{}])
    out = StringIO()
    assert watch(out, "--watch", "--format=json") == [2.0] * 3
    rounds = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [r["queues"][0]["ready"] for r in rounds] == [1, 2, 3]


def test_only_a_terminal_is_cleared() -> None:
    QueueActivity.objects.create(
        queue="mail",
        worker_id="w",
        done=900,
        failed=100,
        waits=[0, 9],
        runs=[],
        depth=0,
    )
    terminal, file = Terminal(), StringIO()
    assert watch(terminal, "--watch=5") == [5.0] * 3
    assert terminal.getvalue().count(CLEAR) == 3
    watch(file, "--watch")
    text = file.getvalue()
    assert "\x1b" not in text
    assert text.count("store default:") == 3
    row = next(line for line in text.splitlines() if "10.0%" in line)
    assert row.split() == ["mail", "3.0", "3.0", "2", "ms", "-", "10.0%"]


def test_database_that_is_away_is_asked_again() -> None:
    out, errors = StringIO(), StringIO()
    answers = [OperationalError("gone"), store_status(), store_status()]
    away = mock.patch("django.db.connections.close_all")
    with mock.patch(STATUS, side_effect=answers), away:
        watch(out, "--watch", "--max-age=0", stderr=errors)
    assert "did not answer: gone" in errors.getvalue()
    assert out.getvalue().count("store default:") == 2


def test_nobody_watches_without_a_pause() -> None:
    with pytest.raises(CommandError, match=r"0\.1 to 86400"):
        call_command("eventstatus", "--watch=0")
