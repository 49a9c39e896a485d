"""The list of workers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming.models import WorkerHeartbeat
from tests.admin.pages import visit

pytestmark = pytest.mark.django_db


def beat(pid: int, **columns: object) -> WorkerHeartbeat:
    return WorkerHeartbeat.objects.create(
        **{
            "worker_id": f"web:{pid}:0a1b2c3d",
            "host": "web",
            "pid": pid,
            "supervisor_pid": 1,
            "version": "0.1.0",
            "state": "running",
            "queues": ["mails", "<b>"],
            "subscriptions": [],
            "threads": 4,
            "in_flight": 3,
            "done": 10,
            "failed": 2,
            "handled": 5,
            "memory": 50 * 2**20,
            **columns,
        }
    )


def test_workers_show_what_they_do(admin_client: Client) -> None:
    beat(11)
    beat(12, state="draining", memory=None)
    beat(13, beat_at=Now() - timedelta(minutes=5))
    page = visit(admin_client, "workerheartbeat/")
    assert page.column(0) == ["web:11", "web:12", "web:13"]
    assert page.column(1) == ["running", "draining", "silent"]
    assert page.rows[0][2:7] == ["3", "10", "2", "5", "50.0 MB"]
    assert page.column(6)[1] == "-"


def test_page_of_a_worker_names_its_queues(admin_client: Client) -> None:
    row = beat(11)
    page = visit(admin_client, f"workerheartbeat/{row.pk.replace(':', '_3A')}/change/")
    assert page.status == 200
    assert "mails, <b>" in page.text
    assert "0.1.0" in page.text
    assert 'name="_save"' not in page.html


def test_page_costs_one_query_whatever_it_shows(admin_client: Client) -> None:
    for pid in range(1, 20):
        beat(pid)
    visit(admin_client, "workerheartbeat/")
    with CaptureQueriesContext(connection) as queries:
        visit(admin_client, "workerheartbeat/")
    asked = [q for q in queries if "workerheartbeat" in q["sql"]]
    assert len(asked) == 1


def test_empty_list_says_what_to_do(admin_client: Client) -> None:
    page = visit(admin_client, "workerheartbeat/")
    assert "manage.py runworker" in page.text
