"""The list of tasks, the page of one, and retrying what has failed."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming.contrib.tasks import enqueue_many
from eventstreaming.models import Message, TaskResult
from eventstreaming.testing import run_until_idle
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit
from tests.sessions import execute
from tests.taskapp import tasks

pytestmark = pytest.mark.django_db

RETRY = "retry_selected"
QUEUES = ("tasks:default:default", "tasks:default:mail")


def ran(*results: Any) -> list[str]:
    """Run what there is; return the ids of some results."""
    run_until_idle(*QUEUES)
    return [result.id for result in results]


def test_the_list_and_its_filters(admin_client: Client) -> None:
    assert "No task was begun yet" in visit(admin_client, "taskresult/").text
    failed, added, mailed = ran(
        tasks.fail.enqueue("<b>no"), tasks.add.enqueue(1), tasks.mail.enqueue("ada")
    )
    waiting = tasks.add.enqueue(2)
    page = visit(admin_client, "taskresult/")
    assert page.column(1) == [mailed, added, failed]
    assert page.column(2)[2] == "tests.taskapp.tasks.fail"
    assert page.column(3) == ["successful", "successful", "failed"]
    assert page.column(4) == ["1", "1", "1"]
    assert page.column(5) == ["-", "-", "ZeroDivisionError: <b>no"]
    assert "<b>no" not in page.html

    def found(**query: str) -> list[str]:
        return visit(admin_client, "taskresult/", **query).column(1)

    assert found(status="FAILED") == [failed]
    assert found(status="SUCCESSFUL") == [mailed, added]
    assert found(queue=QUEUES[1]) == [mailed]
    assert found(queue=QUEUES[1], status="FAILED") == []
    assert found(task="tests.taskapp.tasks.add") == [added]
    assert found(q=f"#{added}") == [added]
    assert found(q=waiting.id) == found(q="x") == found(q="9" * 30) == []


def test_the_page_of_a_task(admin_client: Client) -> None:
    (number,) = ran(tasks.third_time.enqueue())
    page = visit(admin_client, f"taskresult/{number}/change/")
    assert "Attempts: 3" in page.text
    assert "Status: successful" in page.text
    assert "builtins.ValueError" in page.text
    assert page.text.index("ValueError: attempt 2") < page.text.index("attempt 1")
    (number,) = ran(tasks.add.enqueue(20, b=1))
    page = visit(admin_client, f"taskresult/{number}/change/")
    for shown in ("[ 20 ]", '{ "b": 1 }', "Return value: 21"):
        assert shown in page.text
    result = tasks.fail_for.enqueue(600)
    ran()
    page = visit(admin_client, f"taskresult/{result.id}/change/")
    assert "Status: ready" in page.text
    assert page.links[f"#{result.id}"].endswith(f"message/{result.id}/change/")


def test_retry_runs_failed_tasks_once_more_and_logs_it(admin_client: Client) -> None:
    failing = tasks.fail_unless_seen.enqueue("ready")
    failed, fine = ran(failing, tasks.add.enqueue(1))
    data = {"action": RETRY, "_selected_action": [failed, fine], "confirmed": "yes"}
    page = post(admin_client, "taskresult/", **data)
    assert "1 task was enqueued again." in page.text
    assert "1 was passed over: it has not failed." in page.text
    (message,) = Message.objects.all()
    assert (str(message.pk), message.queue) == (failed, QUEUES[0])
    failing.refresh()
    assert (failing.status, failing.finished_at, failing.args) == (
        "READY",
        None,
        ["ready"],
    )
    (entry,) = LogEntry.objects.all()
    assert (entry.object_id, entry.change_message) == (failed, "Enqueued again.")
    tasks.seen.append("ready")
    ran()
    failing.refresh()
    assert (failing.status, failing.return_value) == ("SUCCESSFUL", "ready")
    assert (failing.attempts, len(failing.errors)) == (2, 1)
    assert failing.started_at < failing.last_attempted_at
    assert visit(admin_client, "taskresult/", status="FAILED").rows == []


def test_retry_needs_its_permission(staff: Staff) -> None:
    (failed,) = ran(tasks.fail.enqueue())
    data = {"action": RETRY, "_selected_action": [failed], "confirmed": "yes"}
    viewer = staff("view_taskresult")
    assert "Retry" not in visit(viewer, "taskresult/").text
    viewer.post(f"{ROOT}taskresult/", data)
    assert not Message.objects.exists()
    assert staff("retry_taskresult").post(f"{ROOT}taskresult/", data).status_code == 403
    operator = staff("view_taskresult", "retry_taskresult")
    assert "Retry" in visit(operator, "taskresult/").text
    operator.post(f"{ROOT}taskresult/", data)
    assert Message.objects.count() == 1


def test_nobody_changes_a_result(admin_client: Client) -> None:
    (number,) = ran(tasks.add.enqueue(1))
    for page in ("delete", "change"):
        url = f"{ROOT}taskresult/{number}/{page}/"
        assert admin_client.post(url, {"post": "yes"}).status_code == 403


def test_a_page_of_100_tasks_costs_one_query_and_one_for_the_queues(
    admin_client: Client,
) -> None:
    enqueue_many(tasks.add, [(n,) for n in range(2)])
    ran()
    execute(
        "INSERT INTO eventstreaming_taskresult (id, queue, task, status, data, "
        "worker_ids, lease, enqueued_at) SELECT 1000000 + n, 'tasks:default:default', "
        "'x', 'SUCCESSFUL', '{}', '[]', 1, now() FROM generate_series(1, 110) AS n"
    )
    with CaptureQueriesContext(connection) as queries:
        page = visit(admin_client, "taskresult/", queue=QUEUES[0])
    assert len(page.rows) == 100
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming_" in q["sql"]]
    assert len(own) == 2
    assert not any("COUNT(" in sql.upper() for sql in own)
    assert TaskResult.objects.count() == 112
