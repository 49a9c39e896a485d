"""The queues at a glance, and the form for their settings."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eventstreaming import (
    EventData,
    dequeue,
    dequeue_many,
    enqueue,
    enqueue_many,
    queue_settings,
)
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.models import Message, Queue
from eventstreaming.operations.queue_names import (
    dead_letter_queue_names,
    live_queue_names,
)
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit

pytestmark = pytest.mark.django_db

MAIL = EventData("Mail", {"to": "a@example.com"})


def form(**values: object) -> dict[str, object]:
    """Return what the form for settings sends."""
    fields = (
        "description",
        "visibility_timeout",
        "max_attempts",
        "max_deliveries",
        "timeout",
        "concurrency",
        "dead_letter_retention",
    )
    return {**dict.fromkeys(fields, ""), "backoff": "", **values}


def test_queues_show_what_is_in_them(admin_client: Client) -> None:
    enqueue_many("mail", [MAIL] * 5)
    enqueue("mail", MAIL, delay=60)
    dequeue("mail")
    dead = dequeue("mail")
    assert dead is not None
    dead.nack(dead_letter=True)
    page = visit(admin_client, "queue/")
    (row,) = page.rows
    assert row == ["mail", "3", "1", "1", "0", "1", "0 s", "on", "Set"]
    assert page.links["3"] == f"{ROOT}message/?queue=mail&state=ready"
    assert page.links["mail"] == f"{ROOT}message/?queue=mail"
    assert f"{ROOT}deadletter/?queue=mail" in page.html
    assert "Queues" in page.text


def test_a_queue_is_shown_whatever_it_holds(admin_client: Client) -> None:
    enqueue("a-ready", MAIL)
    enqueue("b-delayed", MAIL, delay=60)
    enqueue("c-dead", MAIL)
    dead = dequeue("c-dead")
    assert dead is not None
    dead.nack(dead_letter=True)
    Queue.objects.create(name="d-settings")
    Message.objects.create(
        queue="e-blocked", group_key="g", state=Message.State.BLOCKED, data={}
    )
    names = ["a-ready", "b-delayed", "c-dead", "d-settings", "e-blocked"]
    assert visit(admin_client, "queue/").column(0) == names
    assert live_queue_names() == {"a-ready", "b-delayed", "e-blocked"}
    assert dead_letter_queue_names() == {"c-dead"}
    assert visit(admin_client, "queue/", q="c-").column(0) == ["c-dead"]


def test_many_queues_are_paged(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstreaming.admin.QueueAdmin.list_per_page", 10)
    names = [f"queue-{n:02}" for n in range(25)]
    Queue.objects.bulk_create(Queue(name=name) for name in names)
    page = visit(admin_client, "queue/")
    seen = page.column(0)
    while page.links.get("Next"):
        page = visit(admin_client, f"queue/{page.links['Next']}")
        seen += page.column(0)
    assert seen == names
    page = visit(admin_client, f"queue/{page.links['Previous']}")
    assert page.column(0) == names[10:20]
    page = visit(admin_client, f"queue/{page.links['Last']}")
    assert page.column(0) == names[15:]
    page = visit(admin_client, f"queue/{page.links['First']}")
    assert page.column(0) == names[:10]


def test_numbers_of_all_queues_cost_one_query(admin_client: Client) -> None:
    for number in range(10):
        enqueue_many(f"queue-{number}", [MAIL] * 20)
    with CaptureQueriesContext(connection) as queries:
        visit(admin_client, "queue/")
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming" in q["sql"]]
    assert len(own) == 1 + 4  # settings, pauses, names of live queues and of dead


def test_a_paused_queue_says_since_when(admin_client: Client) -> None:
    Queue.objects.create(name="mail", paused_at=timezone.now())
    (row,) = visit(admin_client, "queue/").rows
    assert row[7].startswith("paused since 20")


def test_patterns_are_settings_of_many_queues(admin_client: Client) -> None:
    values = form(name="mail-*", max_attempts="7", paused="on")
    post(admin_client, "queue/add/", **values)
    assert queue_settings("mail-eu").max_attempts == 7
    enqueue("mail-eu", MAIL)
    enqueue("sms", MAIL)
    pattern, mail, sms = visit(admin_client, "queue/").rows
    assert pattern[:7] == ["mail-*", "-", "-", "-", "-", "-", "-"]
    assert pattern[7] == mail[7]
    assert mail[7].startswith("paused since 20")
    assert sms[7] == "on"
    assert dequeue("mail-eu") is None


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "enqueue() to any name makes one" in visit(admin_client, "queue/").text
    assert "No queue has a name" in visit(admin_client, "queue/", q="x").text


def test_settings_are_added_from_the_list(admin_client: Client) -> None:
    enqueue("mail", MAIL)
    page = visit(admin_client, "queue/")
    page = visit(admin_client, page.links["Set"].removeprefix(ROOT))
    assert 'value="mail"' in page.html
    values = form(name="mail", max_attempts="7", visibility_timeout="90", paused="on")
    post(admin_client, "queue/add/", **{**values, "backoff": "1, 2.5, 60"})
    queue = Queue.objects.get()
    assert (queue.name, queue.max_attempts, queue.visibility_timeout) == ("mail", 7, 90)
    assert queue.backoff == [1.0, 2.5, 60.0]
    assert queue.paused_at is not None
    assert dequeue("mail") is None  # the store obeys
    assert visit(admin_client, "queue/").links["Show"].endswith("queue/mail/change/")


@pytest.mark.parametrize("page", ["change", "delete"])
def test_the_end_of_a_pause_wakes_idle_workers(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(
        PostgreSQLEventStore, "messages_changed", lambda store, name: woken.append(name)
    )
    for name, paused_at in (("mail", timezone.now()), ("calls", None), ("*", None)):
        Queue.objects.create(name=name, paused_at=paused_at)
    Queue.objects.filter(name="*").update(paused_at=timezone.now())
    for name in ("mail", "calls", "_2A"):
        values = form() if page == "change" else {"post": "yes"}
        post(admin_client, f"queue/{name}/{page}/", **values)
    assert woken == ["mail"]


def test_settings_are_changed_and_emptied(admin_client: Client) -> None:
    Queue.objects.create(
        name="mail", paused_at=timezone.now(), backoff=[1, 5], max_attempts=3
    )
    page = visit(admin_client, "queue/mail/change/")
    assert 'value="1, 5"' in page.html
    assert "checked" in page.html
    assert 'name="name"' not in page.html  # another name is another queue
    post(admin_client, "queue/mail/change/", **form())
    queue = Queue.objects.get()
    assert (queue.paused_at, queue.backoff, queue.max_attempts) == (None, None, None)


def test_a_pause_keeps_its_beginning(admin_client: Client) -> None:
    since = timezone.now() - timezone.timedelta(days=1)
    Queue.objects.create(name="mail", paused_at=since)
    post(admin_client, "queue/mail/change/", **form(paused="on", max_attempts="2"))
    assert Queue.objects.get().paused_at == since


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": "no spaces"}, "is refused: use letters"),
        ({"name": "mail*"}, "is no pattern"),
        ({"visibility_timeout": "0"}, "must be between 0.001 and"),
        ({"visibility_timeout": "1e9"}, "must be between"),
        ({"max_attempts": "0"}, "must be between 1 and 32767"),
        ({"max_deliveries": "-1"}, "must be between 1 and 32767"),
        ({"timeout": "0"}, "must be between 0.001 and 604800"),
        ({"concurrency": "0"}, "must be between 1 and 32767"),
        ({"backoff": "1, soon"}, "Enter numbers with commas"),
        ({"backoff": "1, -5"}, "must be between 0 and"),
        ({"backoff": "nan"}, "must be between 0 and"),
        ({"backoff": "1,,5"}, "Enter numbers with commas"),
    ],
)
def test_settings_that_no_store_can_obey_are_refused(
    admin_client: Client, values: dict[str, str], problem: str
) -> None:
    page = post(admin_client, "queue/add/", **form(**{"name": "mail", **values}))
    assert problem in page.text
    assert not Queue.objects.exists()


def test_who_may_only_look_changes_nothing(staff: Staff) -> None:
    Queue.objects.create(name="mail", paused_at=timezone.now(), backoff=[1, 5])
    enqueue("other", MAIL)
    viewer = staff("view_queue")
    page = visit(viewer, "queue/")
    assert page.column(8) == ["Show", "built-in"]
    page = visit(viewer, "queue/mail/change/")
    assert "Paused at: " in page.text
    assert viewer.post(f"{ROOT}queue/mail/change/", form()).status_code == 403
    assert viewer.get(f"{ROOT}queue/add/").status_code == 403


def test_numbers_beyond_the_bound_are_estimates(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstreaming.backends.postgresql.counting.COUNT_BOUND", 4)
    enqueue_many("mail", [MAIL] * 9)
    dequeue_many("mail", 2)
    (row,) = visit(admin_client, "queue/").rows
    # How good an estimate is of so few is chance: here it only says that it is one.
    assert row[1].startswith("~")
    assert row[2].startswith("~")
    assert row[3] == "0"
