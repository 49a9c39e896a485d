"""The timeline: all that one correlation id has, with causes."""

import re

import pytest
from django.test import Client, override_settings

from eventstreaming import EventData, append, dequeue, enqueue, enqueue_many
from eventstreaming.models import Message, Saga, TaskResult
from eventstreaming.operations.timelines import timeline
from tests.admin.conftest import Staff
from tests.admin.pages import Page, visit

pytestmark = pytest.mark.django_db

STORY = "checkout-7"


def tell() -> None:
    """Place an order, which causes two mails, of which one is dead and one pays."""
    (placed,) = append(
        "order-7", EventData("OrderPlaced", {"card": "card-4111"}), correlation_id=STORY
    )
    paid = append(
        "order-7",
        EventData("OrderPaid", {}),
        correlation_id=STORY,
        causation_id=str(placed.event_id),
    )
    mail = EventData("Mail", {"card": "card-4111"})
    dead, alive = (
        enqueue("mail", mail, correlation_id=STORY, headers={"n": n}) for n in "ab"
    )
    letter = dequeue("mail")
    assert letter is not None
    assert letter.message_id == dead
    letter.nack(dead_letter=True)
    append(
        "mails",
        EventData("MailSent", {}),
        correlation_id=STORY,
        causation_id=f"mail:{alive}",
    )
    Saga.objects.create(
        name="order", saga_id="7", state="running", correlation_id=STORY
    )
    append("other", EventData("Other", {}), correlation_id="another")
    assert paid


def entries(page: Page) -> list[tuple[str, str, str]]:
    """Return depth, name and cause of each entry."""
    found = []
    for item in page.html.split('<li id="es-entry-')[1:]:
        text = item.partition("</li>")[0]
        depth = re.search(r"es-depth-(\d)", text)
        name = re.search(r"<b><a [^>]*>([^<]*)</a></b>|<b>([^<]*)</b>", text)
        cause = re.search(r"caused by (\d+)", text)
        assert depth
        assert name
        found.append((depth[1], name[1] or name[2], cause[1] if cause else ""))
    return found


def test_everything_is_in_one_order_with_its_causes(admin_client: Client) -> None:
    tell()
    found = [(e.kind, e.name, e.depth) for e in timeline(STORY).entries]
    assert sorted(found) == [
        ("dead letter", "Mail", 0),
        ("event", "MailSent", 1),
        ("event", "OrderPaid", 1),
        ("event", "OrderPlaced", 0),
        ("message", "Mail", 0),
        ("saga", "order", 0),
    ]
    page = visit(admin_client, "event/timeline/", correlation=STORY)
    shown = entries(page)
    assert ("1", "OrderPaid", "1") in shown
    mail = next(
        str(n)
        for n, entry in enumerate(timeline(STORY).entries, 1)
        if entry.kind == "message"
    )
    assert ("1", "MailSent", mail) in shown
    assert "card-4111" not in page.html
    assert "Other" not in page.text


def test_pages_link_to_it(admin_client: Client) -> None:
    tell()
    TaskResult.objects.create(
        id=10**9,
        queue="tasks:x",
        task="send",
        status="SUCCESSFUL",
        data={},
        worker_ids=[],
        lease=1,
        correlation_id=STORY,
        enqueued_at="2026-01-01T00:00Z",
    )
    first = timeline(STORY).entries[0]
    assert (first.kind, first.name) == ("task", "send")
    paths = [
        f"message/{Message.objects.get().pk}/change/",
        f"saga/{Saga.objects.get().pk}/change/",
        f"taskresult/{10**9}/change/",
    ]
    paths += [
        f"event/{entry.key}/change/"
        for entry in timeline(STORY).entries
        if entry.kind == "event"
    ]
    for path in paths:
        link = visit(admin_client, path).links["timeline"]
        assert link.endswith(f"/event/timeline/?correlation={STORY}"), path


def test_only_what_one_may_view_is_in_it(staff: Staff) -> None:
    tell()
    page = visit(staff("view_event"), "event/timeline/", correlation=STORY)
    assert [name for _, name, _ in entries(page)] == [
        "OrderPlaced",
        "OrderPaid",
        "MailSent",
    ]
    page = visit(staff("view_message"), "event/timeline/", correlation=STORY)
    assert page.status == 403


def test_long_stories_say_that_there_is_more(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstreaming.operations.timelines.LIMIT", 3)
    enqueue_many("mail", [EventData("Mail", {})] * 4, correlation_id=STORY)
    page = visit(admin_client, "event/timeline/", correlation=STORY)
    assert len(entries(page)) == 3
    assert "There is more" in page.text


def test_empty_pages_say_what_to_do(admin_client: Client) -> None:
    assert "Enter a correlation id" in visit(admin_client, "event/timeline/").text
    page = visit(admin_client, "event/timeline/", correlation="x\x00")
    assert (page.status, "Nothing has" in page.text) == (200, True)


def hide(stream_name: str, type_name: str, value: object, part: str) -> object:
    return {"hidden of": f"{stream_name} {type_name}"}


def test_pages_with_data_ask_the_redaction(admin_client: Client) -> None:
    tell()
    path = f"{__name__}.hide"
    with override_settings(EVENT_STREAM_REDACTION=path):
        event = timeline(STORY).entries[0]
        pages = [
            visit(admin_client, f"event/{event.key}/change/"),
            visit(admin_client, f"message/{Message.objects.get().pk}/change/"),
        ]
    assert ["card-4111" in page.html for page in pages] == [False, False]
    assert "order-7 OrderPlaced" in pages[0].text
    assert "mail Mail" in pages[1].text
