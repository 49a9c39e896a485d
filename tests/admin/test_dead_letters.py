"""The list of dead letters, and sending them back."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, dequeue, dequeue_many, enqueue, enqueue_many
from eventstreaming.models import DeadLetter, Message
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit
from tests.sessions import execute

pytestmark = pytest.mark.django_db

ACTION = "redrive_selected"


def bury(queue: str, error: object = "no such user", count: int = 1) -> list[str]:
    """Let messages of a queue die; return their ids."""
    enqueue_many(queue, [EventData("Mail", {"to": "<b>x"})] * count)
    messages = dequeue_many(queue, count)
    for message in messages:
        message.nack(error=error, dead_letter=True)  # type: ignore[arg-type]
    return [message.message_id for message in messages]


def test_dead_letters_say_why(admin_client: Client) -> None:
    (first,) = bury("mail", ValueError("bad <address>"))
    (second,) = bury("sms")
    page = visit(admin_client, "deadletter/")
    assert page.column(1) == [second, first]
    assert page.column(4) == ["rejected by the handler"] * 2
    assert page.column(5) == ["no such user", "ValueError: bad <address>"]
    assert "bad <address>" not in page.html


def test_filters_by_queue_reason_and_error(admin_client: Client) -> None:
    (first,) = bury("mail", "printer 1 on fire")
    (second,) = bury("mail", "printer 2 on fire")
    (third,) = bury("mail", "out of paper")
    (other,) = bury("sms", "printer 3 on fire")
    execute(
        "UPDATE eventstreaming_deadletter SET reason = 'max_attempts' WHERE id = %s",
        [int(third)],
    )

    def found(**query: str) -> list[str]:
        return visit(admin_client, "deadletter/", **query).column(1)

    assert found(queue="mail") == [third, second, first]
    assert found(reason="max_attempts") == [third]
    assert found(queue="sms", reason="max_attempts") == []
    page = visit(admin_client, f"deadletter/{first}/change/")
    same = page.links["Show all with this error"]
    page = visit(admin_client, same.removeprefix(ROOT))
    assert page.column(1) == [second, first]
    fingerprint = DeadLetter.objects.get(pk=first).fingerprint
    assert found(fingerprint=fingerprint) == [other, second, first]


def test_the_page_of_a_dead_letter(admin_client: Client) -> None:
    try:
        raise ValueError("bad <address>")
    except ValueError as error:
        (number,) = bury("mail", error)
    page = visit(admin_client, f"deadletter/{number}/change/")
    assert "Traceback (most recent call last)" in page.text
    assert "bad <address>" not in page.html
    assert "<b>x" not in page.html
    assert "Reason: rejected by the handler" in page.text
    assert "Attempts: 1" in page.text


def test_redrive_sends_the_selected_back_and_logs_it(admin_client: Client) -> None:
    mails = bury("mail", count=3)
    (sms,) = bury("sms")
    page = post(
        admin_client,
        "deadletter/?queue=mail",
        action=ACTION,
        _selected_action=mails[:2],
        confirmed="yes",
    )
    assert "2 messages were sent back to their queues." in page.text
    data = {"action": ACTION, "_selected_action": [sms]}
    page = post(admin_client, "deadletter/", **data)
    assert "Send 1 dead letter back to its queue?" in page.text
    assert dequeue("sms") is None
    page = post(admin_client, "deadletter/", **data, confirmed="yes")
    assert "1 message was sent back to its queue." in page.text
    assert [str(letter.pk) for letter in DeadLetter.objects.all()] == [mails[2]]
    assert dequeue("sms") is not None
    log = LogEntry.objects.values_list("object_repr", "change_message")
    assert set(log) == {
        (f"mail #{mails[0]}", "Sent back to the queue."),
        (f"mail #{mails[1]}", "Sent back to the queue."),
        (f"sms #{sms}", "Sent back to the queue."),
    }
    assert len(log) == 3


def test_redrive_of_what_is_gone_meanwhile(admin_client: Client) -> None:
    (number,) = bury("mail")
    DeadLetter.objects.all().delete()
    data = {"action": ACTION, "_selected_action": [number]}
    page = post(admin_client, "deadletter/", **data)
    assert "none of them is there any more" in page.text
    page = post(admin_client, "deadletter/", **data, confirmed="yes")
    assert "1 is not there any more" in page.text
    assert not LogEntry.objects.exists()


def test_redrive_of_many_costs_few_queries(admin_client: Client) -> None:
    numbers = bury("mail", count=100)
    data = {"action": ACTION, "_selected_action": numbers, "confirmed": "yes"}
    with CaptureQueriesContext(connection) as queries:
        post(admin_client, "deadletter/", **data)
    assert Message.objects.count() == 100
    writes = [
        q["sql"]
        for q in queries.captured_queries
        if q["sql"].lstrip().startswith(("INSERT", "UPDATE", "DELETE", "WITH"))
    ]
    assert len(writes) <= 6


def test_redrive_needs_its_permission(staff: Staff) -> None:
    (number,) = bury("mail")
    data = {"action": ACTION, "_selected_action": [number], "confirmed": "yes"}
    viewer = staff("view_deadletter")
    assert "Redrive" not in visit(viewer, "deadletter/").text
    post(viewer, "deadletter/", **data)
    assert DeadLetter.objects.count() == 1

    operator = staff("view_deadletter", "redrive_deadletter")
    assert "Redrive" in visit(operator, "deadletter/").text
    post(operator, "deadletter/", **data)
    assert DeadLetter.objects.count() == 0


def test_the_permission_alone_is_not_enough(staff: Staff) -> None:
    (number,) = bury("mail")
    data = {"action": ACTION, "_selected_action": [number], "confirmed": "yes"}
    response = staff("redrive_deadletter").post(f"{ROOT}deadletter/", data)
    assert response.status_code == 403
    assert DeadLetter.objects.count() == 1


def test_nobody_changes_a_dead_letter(admin_client: Client) -> None:
    (number,) = bury("mail")
    delete = f"{ROOT}deadletter/{number}/delete/"
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    response = admin_client.post(f"{ROOT}deadletter/{number}/change/", {"queue": "x"})
    assert response.status_code == 403
    assert "Delete selected" not in visit(admin_client, "deadletter/").text


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    enqueue("mail", EventData("Mail", {}))
    assert "No dead letter: every message" in visit(admin_client, "deadletter/").text


def test_a_page_of_100_dead_letters_costs_two_queries(admin_client: Client) -> None:
    bury("mail", count=110)
    with CaptureQueriesContext(connection) as queries:
        page = visit(admin_client, "deadletter/", queue="mail")
    assert len(page.rows) == 100
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming_" in q["sql"]]
    assert len(own) == 2
    assert not any("COUNT(" in sql.upper() for sql in own)
