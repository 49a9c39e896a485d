"""Schedules in the admin: a list, a form that offers what has a handler, actions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from eventstreaming import dequeue, dequeue_many, event
from eventstreaming.admin.schedule_form import ScheduleForm
from eventstreaming.models import Message, Schedule
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit

pytestmark = pytest.mark.django_db


@event(name="tests.ScheduledMail")
@dataclass(frozen=True)
class ScheduledMail:
    to: str


NEXT = datetime(2999, 1, 1, tzinfo=UTC)


def form(**values: Any) -> dict[str, Any]:
    """Return what the form sends, for a queue that has a handler."""
    return {
        "name": "nightly",
        "queue": "testapp.notes",
        "message_type": "",
        "data": '{"text": "daily"}',
        "cron": "30 2 * * *",
        "every": "",
        "timezone": "Europe/Zurich",
        "catch_up": "1",
        "jitter": "0",
        "overlap": "on",
        "priority": "0",
        **values,
    }


def act(client: Client, action: str, *rows: Schedule, **answers: str) -> Any:
    keys = [row.pk for row in rows]
    return post(client, "schedule/", action=action, _selected_action=keys, **answers)


def test_list_shows_when_and_where(admin_client: Client) -> None:
    assert "schedule() in a module" in visit(admin_client, "schedule/").text
    rows = Schedule.objects
    rows.create(name="a", queue="mail", every=3600, next_at=NEXT, runs=7)
    rows.create(name="b", queue="mail", cron="* * * * *", paused_at=timezone.now())
    rows.create(name="c", queue="mail", every=1, removed_at=timezone.now())
    rows.create(name="d", queue="mail", cron="?", error="cron: is refused")
    page = visit(admin_client, "schedule/")
    shown = [row[1:] for row in page.rows]  # without the box
    assert shown[0][:4] == ["a", "every 3,600 s", "mail", "active"]
    assert shown[0][4].startswith("2999-01-01")
    assert shown[0][5:] == ["-", "7", "-"]
    assert [row[3] for row in shown[1:]] == [
        "paused",
        "disabled: not declared any more",
        "ended",
    ]
    assert shown[1][1] == "* * * * * (UTC)"
    assert shown[3][7] == "cron: is refused"
    assert visit(admin_client, "schedule/", q="zzz").rows == []


def test_a_schedule_is_added_and_changed(admin_client: Client) -> None:
    page = visit(admin_client, "schedule/add/")
    assert '<option value="testapp.notes">' in page.html
    assert '<option value="Europe/Zurich">' in page.html
    post(admin_client, "schedule/add/", **form())
    row = Schedule.objects.get()
    assert (row.declared, row.data, row.schema_version) == (False, {"text": "daily"}, 1)
    assert row.next_at is not None
    assert row.next_at.astimezone(timezone.get_fixed_timezone(60)).minute == 30
    next_at = row.next_at
    url = f"schedule/{row.pk}/change/"
    post(admin_client, url, **form(data="{}", catch_up="5"))
    row.refresh_from_db()
    assert (row.data, row.catch_up, row.next_at) == ({}, 5, next_at)
    post(admin_client, url, **form(cron="", every="3600", overlap=""))
    row.refresh_from_db()
    assert (row.cron, row.every, row.overlap) == ("", 3600, False)
    assert row.next_at is not None
    assert row.next_at.minute == 0


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"queue": "nobody.handles"}, "Select a valid choice"),
        ({"message_type": "Unknown"}, "Select a valid choice"),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice"),
        ({"cron": "61 * * * *"}, "bad minute"),
        ({"cron": "0 0 */20 * MON#5"}, "never comes"),
        ({"every": "60"}, "name either cron or every"),
        ({"cron": "", "every": ""}, "name either cron or every"),
        ({"cron": "", "every": "-5"}, "must be between 1 and"),
        ({"catch_up": "1001"}, "must be between 0 and 1000"),
        ({"jitter": "-1"}, "must be between 0 and"),
        ({"name": "two words"}, "is refused: use letters"),
        ({"data": "[1]"}, "a list is no message"),
        ({"data": "{"}, "Enter a valid JSON"),
        ({"message_type": "tests.ScheduledMail", "data": '{"to": 5}'}, "is invalid"),
    ],
)
def test_what_no_worker_can_keep_is_refused(
    values: dict[str, str], problem: str
) -> None:
    assert ScheduleForm(form()).is_valid()
    assert problem in ScheduleForm(form(**values)).errors.as_text()


def test_what_the_code_declares_is_only_shown(admin_client: Client) -> None:
    row = Schedule.objects.create(
        name="daily", queue="mail", every=60, declared=True, data={"kind": "daily"}
    )
    url = f"schedule/{row.pk}/change/"
    page = visit(admin_client, url)
    assert "every 60 s" in page.text
    assert '"kind": "daily"' in page.text
    assert 'name="_save"' not in page.html
    assert admin_client.post(f"{ROOT}{url}", form()).status_code == 403
    delete = f"{ROOT}schedule/{row.pk}/delete/"
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    page = act(admin_client, "delete_selected", row, post="yes")
    assert page.status == 403
    assert Schedule.objects.exists()
    Schedule.objects.update(removed_at=Now())
    assert admin_client.post(delete, {"post": "yes"}).status_code == 302
    assert not Schedule.objects.exists()


def test_running_now_asks_and_is_logged(admin_client: Client) -> None:
    row = Schedule.objects.create(
        name="a", queue="mail", every=60, next_at=NEXT, jitter=600, overlap=False
    )
    page = act(admin_client, "run_selected", row)
    assert "Enqueue the message of 1 schedule now?" in page.text
    assert not Message.objects.exists()
    page = act(admin_client, "run_selected", row, confirmed="yes")
    assert "1 schedule: Run by hand." in page.text
    message = dequeue("mail")
    assert message is not None
    assert message.headers["schedule"] == "a"
    row.refresh_from_db()
    assert row.next_at == NEXT
    assert row.last_at is not None
    page = act(admin_client, "run_selected", row, confirmed="yes")
    assert "0 schedules" in page.text  # its message is not done
    (entry,) = LogEntry.objects.all()
    assert (entry.object_repr, entry.change_message) == ("a", "Run by hand.")
    Schedule.objects.update(queue=".bad")
    page = act(admin_client, "run_selected", row, confirmed="yes")
    assert "is refused: use letters" in page.text


def test_pausing_and_resuming(admin_client: Client) -> None:
    row = Schedule.objects.create(name="a", queue="mail", every=60, next_at=NEXT)
    gone = Schedule.objects.create(
        name="b", queue="mail", every=60, removed_at=timezone.now()
    )
    assert "2 schedules: Paused." in act(admin_client, "pause_selected", row, gone).text
    row.refresh_from_db()
    assert row.next_at is None
    assert "0 schedules" in act(admin_client, "pause_selected", row).text
    act(admin_client, "resume_selected", row, gone)
    row.refresh_from_db()
    assert row.paused_at is None
    assert row.next_at is not None
    assert row.next_at < NEXT
    gone.refresh_from_db()
    assert (gone.paused_at, gone.next_at) == (None, None)
    assert dequeue_many("mail", 9) == []


def test_each_action_has_its_permission(staff: Staff) -> None:
    row = Schedule.objects.create(name="a", queue="mail", every=60, next_at=NEXT)
    viewer = staff("view_schedule")
    for action in ("run_selected", "pause_selected", "resume_selected"):
        act(viewer, action, row, confirmed="yes")
        assert action not in visit(viewer, "schedule/").html
    row.refresh_from_db()
    assert (row.next_at, row.paused_at) == (NEXT, None)
    assert not Message.objects.exists()
    assert viewer.get(f"{ROOT}schedule/add/").status_code == 403
    pauser = staff("view_schedule", "pause_schedule")
    html = visit(pauser, "schedule/").html
    assert "pause_selected" in html
    assert "run_selected" not in html
