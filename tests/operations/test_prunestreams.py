"""The command prunestreams: its output, a kill -9, and two at the same time."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from eventstreaming import configure_stream, read_stream, stream_info
from eventstreaming.management.commands.prunestreams import Command
from eventstreaming.models import Event
from eventstreaming.operations.retention import prune_streams
from tests.operations.histories import DAY, write_history
from tests.processes.workers import database_url
from tests.sessions import execute

ROOT = Path(__file__).parents[2]


def prune(*arguments: str, **options: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("prunestreams", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_output_of_a_run() -> None:
    write_history("order-1", [9 * DAY] * 1_500)
    write_history("order-2", [9 * DAY, 0])
    configure_stream("order-*", max_age=DAY)
    assert prune("--dry-run") == (
        "order-1: 1,500\norder-2: 1\n1,501 events of 2 streams would be removed.\n",
        "",
    )
    assert prune("order-1", "--verbosity=2") == (
        "order-1: 1,000\norder-1: 500\n1,500 events of 1 streams removed.\n",
        "",
    )
    assert prune("--verbosity=0") == ("", "")
    assert prune()[0] == "0 events of 0 streams removed.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["a*"], "names: 'a\\*' is no pattern"),
        (["--window", "2-6"], "window: '2-6' is not HH:MM-HH:MM in UTC"),
        (["--batch-size", "0"], "batch_size: must be between 1 and 100000, not 0"),
        (["--store", "nowhere"], "nowhere"),
    ],
)
def test_bad_arguments_end_with_one_line(arguments: list[str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        prune(*arguments)


def test_help_shows_an_example() -> None:
    text = Command().create_parser("manage.py", "prunestreams").format_help()
    assert "manage.py prunestreams --window 02:00-06:00" in text


@pytest.mark.django_db(transaction=True)
def test_killed_run_leaves_nothing_half_and_the_next_one_finishes() -> None:
    events = 30_000
    execute(
        "INSERT INTO eventstreaming_stream (name, category, next_offset) "
        "VALUES ('orders', 'orders', %s)",
        [events],
    )
    execute(
        'INSERT INTO eventstreaming_event (stream_id, category, "offset", bucket, '
        "event_type, event_id, data, metadata) SELECT s.id, 'orders', n, 0, 'Old', "
        "gen_random_uuid(), '{}', '{}' FROM generate_series(0, %s - 1) AS n, "
        "eventstreaming_stream AS s",
        [events],
    )
    configure_stream("orders", max_count=10)
    run = subprocess.Popen(
        [sys.executable, "manage.py", "prunestreams", "--batch-size=20"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 20
    while Event.objects.count() == events and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    output, _ = run.communicate()
    left = Event.objects.count()
    assert 10 < left < events, output
    assert [event.offset for event in read_stream("orders")] == list(
        range(events - 10, events)
    )
    assert stream_info("orders").length == 10
    assert prune_streams().events == left - 10
    assert Event.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_the_same_time_remove_everything_once() -> None:
    for number in range(20):
        write_history(f"order-{number}", [0] * 50)
    configure_stream("order-*", max_count=1)

    def run(_: int) -> int:
        try:
            return prune_streams(batch_size=7).events
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        removed = list(pool.map(run, range(2)))
    assert sum(removed) == 20 * 49
    assert Event.objects.count() == 20
