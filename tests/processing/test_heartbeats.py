"""Heartbeats: rows for people, written beside the work."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.db.models.functions import Now

from eventstreaming.backends.identity import host
from eventstreaming.models import WorkerHeartbeat
from eventstreaming.processing import heartbeats
from eventstreaming.processing.heartbeats import FORGET_AFTER, Heartbeats
from tests.processes.workers import wait_until
from tests.processing.reporting import report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beating() -> Iterator[Heartbeats]:
    with patch.multiple(heartbeats, FIRST_BEAT=0.05, BEAT_EVERY=0.1):
        beating = Heartbeats(["default"], supervisor_pid=7)
        beating.note([report(pid=1, worker_id="here:1:x"), report(pid=2)])
        beating.start()
        yield beating
        beating.finish()


def rows(**filters: object) -> Callable[[], bool]:
    return lambda: WorkerHeartbeat.objects.filter(**filters).exists()


def test_workers_have_rows_until_they_end(beating: Heartbeats) -> None:
    wait_until(rows(pid=2), "both have rows")
    row = WorkerHeartbeat.objects.get(pid=1)
    assert (row.worker_id, row.host, row.supervisor_pid) == ("here:1:x", host(), 7)
    assert (row.state, row.in_flight, row.queues) == ("running", 2, ["mails"])

    beating.note([report(pid=1, worker_id="here:1:x", state="draining", done=9)])
    wait_until(rows(state="draining", done=9), "the news is written")
    wait_until(lambda: not rows(pid=2)(), "the one that ended is gone")
    again = WorkerHeartbeat.objects.get()
    assert again.started_at == row.started_at <= row.beat_at < again.beat_at

    beating.finish()
    assert not WorkerHeartbeat.objects.exists()


def test_rows_that_nobody_beats_are_removed() -> None:
    old = {"host": "h", "pid": 3, "version": "0", "state": "running", "threads": 1}
    counts = dict.fromkeys(("in_flight", "done", "failed", "handled"), 0)
    lists: dict[str, list[str]] = {"queues": [], "subscriptions": []}
    for worker_id, seconds in (("lost", 10), ("quiet", -10)):
        WorkerHeartbeat.objects.create(
            worker_id=worker_id,
            **old,
            **counts,
            **lists,
            beat_at=Now() - FORGET_AFTER - timedelta(seconds=seconds),
        )
    with patch.object(heartbeats, "FIRST_BEAT", 0.0):
        beating = Heartbeats(["default"])
        beating.note([report()])
        beating.start()
        wait_until(lambda: not rows(pk="lost")(), "the lost one is gone")
        wait_until(rows(pid=1), "the own one is there")
        beating.finish()
    assert list(WorkerHeartbeat.objects.values_list("pk", flat=True)) == ["quiet"]


def test_database_that_is_away_costs_beats_and_nothing_else(
    beating: Heartbeats, caplog: pytest.LogCaptureFixture
) -> None:
    wait_until(rows(pid=2), "both have rows")
    with patch.object(Heartbeats, "_beat", side_effect=DatabaseError("away")):
        wait_until(lambda: "heartbeats were not written" in caplog.text, "it fails")
    beating.note([report(pid=1, worker_id="here:1:x", done=5)])
    wait_until(rows(done=5), "it goes on")
    assert caplog.text.count("heartbeats were not written") == 1
