"""An event as JSON, raw and typed, and the story that it has begun."""

import json
from dataclasses import dataclass

import pytest
from django.test import Client, override_settings

from eventstreaming import EventData, StoredEvent, append, correlation_scope, enqueue
from eventstreaming.events.correlation import begin_reaction, end_reaction
from eventstreaming.models import Event, Message
from eventstreaming.operations.timelines import timeline
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, visit

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class SeatReserved:
    seat: str
    price: int


def page_of(event: StoredEvent) -> str:
    return f"event/{event.position}/change/"


def test_an_event_is_shown_as_its_class_and_raw(
    admin_client: Client, staff: Staff
) -> None:
    (event,) = append("seats-1", SeatReserved("<12a>", 30), metadata={"ip": "::1"})
    page = visit(admin_client, page_of(event))
    assert "SeatReserved(seat=&#x27;&lt;12a&gt;&#x27;, price=30)" in page.html
    assert f"{__name__}.SeatReserved" in page.text
    assert page.links["Show as JSON"] == f"{ROOT}event/{event.position}/raw/"
    raw = admin_client.get(f"{ROOT}event/{event.position}/raw/")
    assert raw.headers["Content-Type"] == "application/json"
    document = json.loads(raw.content)
    assert document["data"] == {"seat": "<12a>", "price": 30}
    assert (document["metadata"], document["offset"]) == ({"ip": "::1"}, 0)
    blind = staff("view_event")
    document = blind.get(f"{ROOT}event/{event.position}/raw/").json()
    assert "data" not in document
    assert "12a" not in visit(blind, page_of(event)).html
    assert admin_client.get(f"{ROOT}event/987654321/raw/").status_code == 404
    assert staff().get(f"{ROOT}event/{event.position}/raw/").status_code == 403


def hide(stream_name: str, type_name: str, value: object, part: str) -> object:
    return {"seat": "hidden"}


def test_what_cannot_be_typed_says_why(admin_client: Client) -> None:
    (unknown,) = append("seats-1", EventData("Unheard", {"seat": "12a"}))
    (other,) = append("seats-1", EventData("SeatReserved", {"seat": "12a"}))
    append("seats-2", SeatReserved("12a", 30))
    assert (
        "Unheard" in visit(admin_client, page_of(unknown)).text.partition("class:")[2]
    )
    assert "price" in visit(admin_client, page_of(other)).text.partition("class:")[2]
    with override_settings(EVENT_STREAM_REDACTION=f"{__name__}.hide"):
        page = visit(admin_client, page_of(other))
    assert "the redaction hides parts" in page.text
    assert "12a" not in page.html


def react(event: StoredEvent) -> StoredEvent:
    """Append what a handler of the event would append."""
    token = begin_reaction(event)
    try:
        (effect,) = append("mails", EventData("MailSent", {}))
    finally:
        end_reaction(token)
    return effect


def test_the_event_that_began_a_story_is_in_its_timeline(admin_client: Client) -> None:
    (origin,) = append("order-1", EventData("OrderPlaced", {}))
    (loner,) = append("order-1", EventData("OrderPlaced", {}))
    last = react(react(origin))
    story = str(origin.event_id)
    assert (origin.correlation_id, last.correlation_id) == (None, story)
    told = [(entry.key, entry.depth) for entry in timeline(story).entries]
    assert [key for key, _ in told][::2] == [origin.position, last.position]
    assert [depth for _, depth in told] == [0, 1, 2]
    page = visit(admin_client, "event/timeline/", correlation=story)
    assert page.text.count("caused by") == 2
    page = visit(admin_client, page_of(origin))
    assert page.links["timeline"].endswith(f"timeline/?correlation={story}")
    assert "timeline" not in visit(admin_client, page_of(loner)).links


def test_an_event_that_is_only_named_as_a_correlation_is_in_the_timeline() -> None:
    (origin,) = append("order-1", EventData("OrderPlaced", {}), correlation_id="own")
    story = str(origin.event_id)
    append("mails", EventData("MailSent", {}), correlation_id=story)
    found = [(entry.name, entry.depth) for entry in timeline(story).entries]
    assert found == [("OrderPlaced", 0), ("MailSent", 0)]


def test_a_cause_without_a_story_is_in_the_timeline_of_its_effects() -> None:
    (cause,) = append("order-1", EventData("OrderPlaced", {}))
    (foreign,) = append("order-2", EventData("Other", {}), correlation_id="theirs")
    for event in (cause, foreign):
        append("mails", EventData("MailSent", {}), correlation_id="ours",
               causation_id=str(event.event_id))  # fmt: skip
    found = [(entry.name, entry.depth) for entry in timeline("ours").entries]
    assert found == [("OrderPlaced", 0), ("MailSent", 1), ("MailSent", 0)]


def test_the_message_that_began_a_story_is_in_its_timeline() -> None:
    number = enqueue("mail", EventData("Mail", {}))
    enqueue("post", EventData("Other", {}))
    origin = f"mail:{number}"
    with correlation_scope(origin, causation_id=origin):
        append("mails", EventData("MailSent", {}))
    found = [(entry.kind, entry.depth) for entry in timeline(origin).entries]
    assert found == [("message", 0), ("event", 1)]
    assert timeline(f"post:{number}").entries == []
    Message.objects.filter(pk=number).update(correlation_id="another")
    assert [entry.kind for entry in timeline(origin).entries] == ["event"]
    assert Event.objects.count() == 1
