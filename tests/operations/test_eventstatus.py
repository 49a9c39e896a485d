"""The command eventstatus: text for people, JSON for programs."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from eventstreaming import EventData, append, create_stream, delete_stream, enqueue_many
from eventstreaming.backends.fences import FenceStatus
from eventstreaming.management.commands.eventstatus import Command
from eventstreaming.management.status_text import status_text
from eventstreaming.management.tables import seconds, table
from eventstreaming.models import Schedule
from eventstreaming.operations.status import StoreStatus
from eventstreaming.types import QueueInfo
from tests.operations.histories import write_history
from tests.operations.runners import runner
from tests.sessions import sessions

NOTED = EventData("Noted", {})


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("eventstatus", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_text_shows_everything_in_columns() -> None:
    append("gone", NOTED)
    delete_stream("gone")
    write_history("order-1", [7200] * 1_500)
    create_stream("quiet")
    runner("order-*", "billing", batch_size=300)[0].run_batch()
    enqueue_many("mail", [{}] * 2)
    position = append("order-2", NOTED)[0].position
    lines = run().splitlines()
    assert lines[0] == f"store default: last position {position:,}"
    text = "\n".join(lines)
    assert [line.split() for line in lines[2:7]] == [
        ["stream", "kind", "first", "last", "events"],
        ["gone", "deleted", "-", "-", "-"],
        ["order-1", "serial", "0", "1,499", "1,500"],
        ["order-2", "serial", "0", "0", "1"],
        ["quiet", "serial", "0", "-", "0"],
    ]
    assert "billing       order-*  active" in text
    assert "1,201  2.0 h" in text
    assert lines[-1].split()[:6] == ["mail", "2", "0", "0", "0", "0"]
    assert "… and more" in run("order-*", "--limit=1")


@pytest.mark.django_db(transaction=True)
def test_text_names_the_transaction_that_holds_readers() -> None:
    before = append("orders", NOTED)[0].position
    with sessions(1) as (writer,):
        ((pid,),) = writer.execute("SELECT pg_backend_pid()")
        writer.begin()
        writer.run(append, "slow", NOTED)
        append("fast", NOTED)
        writer.execute("SELECT 'reporting'  \n AS what")
        lines = run().splitlines()
    assert lines[1] == f"readers are held at position {before:,}, 2 behind, by"
    assert lines[2].startswith(f"  pid {pid} (")
    assert lines[2].endswith("idle in transaction: SELECT 'reporting' AS what")


@pytest.mark.django_db
def test_json_is_one_document() -> None:
    append("orders", [NOTED] * 3)
    runner("orders", "billing")
    enqueue_many("mail", [{}])
    document = json.loads(run("--format=json"))
    assert document["store"] == "default"
    assert document["fence"]["holders"] == []
    assert document["streams"][0]["length"] == 3
    assert document["subscriptions"][0]["lag"] == 3
    assert isinstance(document["subscriptions"][0]["behind"], float)
    assert document["queues"][0]["ready"] == 1


@pytest.mark.django_db
def test_schedules_show_their_next_run() -> None:
    now = timezone.now()
    rows = Schedule.objects
    rows.create(
        name="hourly", queue="mail", every=3600, next_at=now + timedelta(hours=2)
    )
    rows.create(name="old", queue="mail", cron="?", error="cron: is refused")
    lines = run().splitlines()
    assert [line.split() for line in lines[-3:-1]] == [
        ["hourly", "every", "3,600", "s", "mail", "active", "2.0", "h", "-"],
        ["old", "?", "(UTC)", "mail", "ended", "-", "-"],
    ]
    assert lines[-1] == "old: cron: is refused"
    document = json.loads(run("--format=json"))["schedules"][0]
    assert 7_190 < document["due_in"] <= 7_200


@pytest.mark.django_db
def test_empty_store_is_one_line() -> None:
    assert len(run().splitlines()) == 1


@pytest.mark.django_db
def test_bad_arguments_end_with_one_line() -> None:
    with pytest.raises(CommandError, match="is no pattern"):
        run("a*")


@pytest.mark.django_db
def test_passed_bounds_are_an_error_after_the_status() -> None:
    write_history("order-1", [7200] * 5)
    runner("order-*", "billing")
    enqueue_many("mail", [{}] * 3)
    out = StringIO()
    bounds = ["--max-lag=4", "--max-behind=60", "--max-depth=2", "--max-dead=0"]
    with pytest.raises(CommandError) as caught:
        call_command("eventstatus", *bounds, "--format=json", stdout=out)
    assert caught.value.returncode == 1
    assert json.loads(out.getvalue())["subscriptions"][0]["lag"] == 5
    lag, behind, depth = str(caught.value).splitlines()
    assert lag == "subscription billing: 5 events behind (allowed: 4)"
    assert behind.startswith("subscription billing: 7200")
    assert depth == "queue mail: 3 messages (allowed: 2)"
    run("--max-lag=5", "--max-behind=9000", "--max-depth=3", "--max-age=60")


def test_database_that_does_not_answer_has_an_exit_code_of_its_own() -> None:
    target = "eventstreaming.management.commands.eventstatus.store_status"
    with (
        mock.patch(target, side_effect=OperationalError("refused")),
        pytest.raises(CommandError, match="did not answer: refused") as caught,
    ):
        run()
    assert caught.value.returncode == 2


def test_help_shows_an_example() -> None:
    text = Command().create_parser("manage.py", "eventstatus").format_help()
    assert "manage.py eventstatus --format json" in text


def test_columns_are_aligned() -> None:
    assert table(("name", "count"), [("a", 5), ("bcd", 12_345), ("é", None)]) == [
        "name   count",
        "a          5",
        "bcd   12,345",
        "é          -",
    ]
    assert [seconds(n) for n in (None, 0.04, 59, 90, 5_400, 200_000)] == [
        "-",
        "0.0 s",
        "59.0 s",
        "1.5 min",
        "1.5 h",
        "2.3 d",
    ]


def test_estimates_are_marked_and_numbers_stay_in_their_column() -> None:
    counted = QueueInfo("mail", 2, 0, 0, 0, 0, 10.0)
    estimated = QueueInfo("bulk", 120_000, 0, 0, 0, 0, 90.0, estimated=("ready",))
    status = StoreStatus(
        "default", FenceStatus(0, 0), [], False, [], [counted, estimated]
    )
    assert [line[:15] for line in status_text(status)][2:] == [
        "queue     ready",
        "mail          2",
        "bulk   ~120,000",
    ]
