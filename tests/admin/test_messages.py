"""The list of messages, and the page of one."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, dequeue, enqueue, enqueue_many
from eventstreaming.models import Message
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, visit

pytestmark = pytest.mark.django_db

MAIL = EventData("Mail", {"to": "<b>a@example.com"})


@pytest.fixture
def messages() -> dict[str, str]:
    """A message in each state; return the ids."""
    in_flight = enqueue("mail", MAIL)
    dequeue("mail", 90)
    ready = enqueue("mail", MAIL)
    delayed = enqueue("mail", MAIL, delay=3_700)
    other = enqueue("sms", EventData("Sms", {}))
    blocked = Message.objects.create(
        queue="mail", group_key="g", state=Message.State.BLOCKED, data={}
    )
    return {
        "in_flight": in_flight,
        "ready": ready,
        "delayed": delayed,
        "other": other,
        "blocked": str(blocked.pk),
    }


def test_messages_are_listed_newest_first(
    admin_client: Client, messages: dict[str, str]
) -> None:
    page = visit(admin_client, "message/")
    order = ["blocked", "other", "delayed", "ready", "in_flight"]
    assert page.column(1) == [messages[name] for name in order]
    assert page.column(2) == ["mail", "sms", "mail", "mail", "mail"]
    states = page.column(4)
    assert states[:2] == ["blocked by an older one of its group", "ready"]
    assert states[2].startswith("due in 1 h 1 min")
    assert states[4].startswith("in flight for 1 min")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"queue": "mail"}, ["in_flight", "ready"]),
        ({"queue": "mail", "state": "ready"}, ["in_flight", "ready"]),
        ({"queue": "mail", "state": "delayed"}, ["delayed"]),
        ({"queue": "mail", "state": "blocked"}, ["blocked"]),
        ({"queue": "sms", "state": "delayed"}, []),
        ({"queue": "none"}, []),
        ({"state": "ready"}, ["other", "ready", "in_flight"]),
        ({"state": "delayed"}, ["delayed"]),
        ({"state": "blocked"}, ["blocked"]),
        ({"queue": "mail", "state": "unknown"}, ["in_flight", "ready"]),
        ({"state": "unknown"}, ["blocked", "other", "delayed", "ready", "in_flight"]),
    ],
)
def test_filters(
    admin_client: Client,
    messages: dict[str, str],
    query: dict[str, str],
    found: list[str],
) -> None:
    page = visit(admin_client, "message/", **query)
    assert page.column(1) == [messages[name] for name in found]


def test_one_queue_is_shown_one_state_at_a_time(
    admin_client: Client, messages: dict[str, str]
) -> None:
    html = visit(admin_client, "message/", queue="mail").html
    assert '<li class="selected">\n    <a href="?queue=mail&amp;state=ready">' in html
    assert "sms" in html  # the other queue is offered


def test_search_by_id(admin_client: Client, messages: dict[str, str]) -> None:
    number = messages["ready"]
    for term in (number, f"#{number}", f" {number} "):
        assert visit(admin_client, "message/", q=term).column(1) == [number]
    for term in ("x", "9" * 19, "9" * 30, "-1"):
        assert visit(admin_client, "message/", q=term).rows == []


def test_the_page_of_a_message(admin_client: Client) -> None:
    number = enqueue(
        "mail", MAIL, headers={"reply": "<i>"}, priority=5, correlation_id="story <1>"
    )
    for text in ("printer <on> fire", "still on fire"):
        message = dequeue("mail")
        assert message is not None
        message.nack(error=text, delay=0)
    page = visit(admin_client, f"message/{number}/change/")
    assert "Priority: 5" in page.text
    assert page.links["story <1>"] == f"{ROOT}event/?correlation=story+%3C1%3E"
    assert "<b>a@" not in page.html
    assert "printer &lt;on&gt; fire" in page.html
    assert page.text.index("still on fire") < page.text.index("printer <on> fire")
    assert "Deliveries: 2" in page.text


def test_a_page_of_100_messages_costs_two_queries(admin_client: Client) -> None:
    enqueue_many("mail", [MAIL] * 120)
    for query in ({}, {"queue": "mail"}):
        with CaptureQueriesContext(connection) as queries:
            page = visit(admin_client, "message/", **query)
        assert len(page.rows) == 100
        own = [
            q["sql"] for q in queries.captured_queries if "eventstreaming" in q["sql"]
        ]
        assert len(own) == 2  # the page, and the names of the queues
        assert not any("COUNT(" in sql.upper() or '"data"' in sql for sql in own)


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "enqueue() puts one in" in visit(admin_client, "message/").text


def test_nobody_changes_a_message(admin_client: Client, staff: Staff) -> None:
    number = enqueue("mail", MAIL)
    for page in ("change", "delete"):
        url = f"{ROOT}message/{number}/{page}/"
        assert admin_client.post(url, {"post": "yes"}).status_code == 403
    assert visit(staff("view_message"), "message/").status == 200
    assert visit(staff("view_queue"), "message/").status == 403
