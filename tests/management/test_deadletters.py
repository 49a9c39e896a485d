"""manage.py deadletters: what it says, asks and does."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from eventstreaming import (
    configure_queue,
    dead_letters,
    dequeue_many,
    enqueue_many,
    queue_info,
)
from eventstreaming.management.durations import duration
from eventstreaming.models import DeadLetter
from tests.sessions import execute

pytestmark = pytest.mark.django_db

Capture = pytest.CaptureFixture[str]


def bury(count: int, queue: str = "mail", error: str = "no such user") -> list[str]:
    enqueue_many(queue, [{"to": "private"}] * count)
    messages = dequeue_many(queue, count)
    for message in messages:
        message.nack(dead_letter=True, error=error)
    return [message.message_id for message in messages]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("builtins.input", lambda question: text)


def test_list_shows_why_and_no_data(capsys: Capture) -> None:
    ids = bury(2)
    bury(1, "sms", "out of credit")
    call_command("deadletters", "list", "mail")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [f"mail #{n}" for n in ids[::-1]]
    assert "rejected" in lines[0]
    assert lines[0].endswith("no such user")
    assert "private" not in "".join(lines)
    call_command("deadletters", "list", "--limit", "1")
    assert "out of credit" in capsys.readouterr().out


def test_list_as_one_document(capsys: Capture) -> None:
    (number,) = bury(1)
    call_command("deadletters", "list", "--format", "json")
    (letter,) = json.loads(capsys.readouterr().out)
    assert (letter["queue"], letter["id"]) == ("mail", number)
    assert letter["data"] == {"to": "private"}
    assert [error["error"] for error in letter["errors"]] == ["no such user"]


def test_redrive_asks_with_the_exact_count(
    capsys: Capture, answering: Callable[[str], None]
) -> None:
    bury(3)
    bury(2, error="never")
    fingerprint = dead_letters("mail")[0].fingerprint
    answering("n")
    with pytest.raises(CommandError, match="Nothing was done"):
        call_command("deadletters", "redrive", "mail", "--fingerprint", fingerprint)
    assert "Redrive 2 dead letters of queue 'mail'? [y/N]" in capsys.readouterr().err
    assert queue_info("mail").dead == 5
    answering("y")
    call_command("deadletters", "redrive", "mail", "--fingerprint", fingerprint)
    assert capsys.readouterr().out == "2 done.\n"
    assert (queue_info("mail").ready, queue_info("mail").dead) == (2, 3)


def test_ids_limit_and_no_input(capsys: Capture) -> None:
    ids = bury(4)
    call_command("deadletters", "redrive", "mail", ids[0], "--no-input", "--rate", "50")
    call_command("deadletters", "discard", "mail", "--limit=2", "--no-input")
    left = [letter.message_id for letter in dead_letters("mail")]
    assert left == [ids[3]]


def test_dry_run_does_nothing(capsys: Capture) -> None:
    bury(3)
    call_command("deadletters", "discard", "mail", "--dry-run", "--limit", "2")
    assert capsys.readouterr().out == "Would discard 2 dead letters of queue 'mail'.\n"
    call_command("deadletters", "redrive", "mail", "--dry-run", "--format", "json")
    assert json.loads(capsys.readouterr().out) == {"would_redrive": 3}
    assert queue_info("mail").dead == 3


def test_prune_deletes_what_is_beyond_its_retention(capsys: Capture) -> None:
    (old, _) = bury(2)
    bury(1, "sms")
    configure_queue("mail", dead_letter_retention=timedelta(days=7))
    execute(
        "UPDATE eventstreaming_deadletter SET died_at = died_at - interval '8 days' "
        "WHERE id = %s",
        [int(old)],
    )
    call_command("deadletters", "prune", "--dry-run")
    assert "mail: 1\nWould delete 1 dead letters." in capsys.readouterr().out
    call_command("deadletters", "prune", "--format", "json")
    assert json.loads(capsys.readouterr().out) == {"mail": 1}
    assert queue_info("mail").dead == 1
    call_command("deadletters", "prune", "--older-than", "1d")
    assert queue_info("sms").dead == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["redrive", "two words"], "is refused"),
        (["redrive", "mail", "x"], "is not a message id"),
        (["discard", "mail", "--limit", "0"], "limit"),
        (["redrive", "mail", "--rate", "0", "--no-input"], "rate"),
    ],
)
def test_bad_arguments_are_told(arguments: list[str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("deadletters", *arguments)


def test_durations() -> None:
    assert duration("90s") == timedelta(seconds=90)
    assert duration("2w") == timedelta(weeks=2)
    for text in ("7", "d7", "-1d", "1.5h", "7 d", "9" * 10 + "d"):
        with pytest.raises(ArgumentTypeError, match="is no duration"):
            duration(text)


def test_what_a_terminal_would_obey_is_shown_as_text(capsys: Capture) -> None:
    bury(1, error="a\x1b[2Jb\x9b31m")
    call_command("deadletters", "list")
    assert capsys.readouterr().out.endswith("a\\x1b[2Jb\\x9b31m\n")


def test_a_name_that_only_sql_can_write_stops_no_pruning(capsys: Capture) -> None:
    bury(1)
    bury(1, "sms")
    DeadLetter.objects.filter(queue="sms").update(queue="two words")
    call_command("deadletters", "prune", "--older-than=0s")
    assert "Deleted 1 dead letters." in capsys.readouterr().out
    assert DeadLetter.objects.get().queue == "two words"
