"""The list of events, its search box and filters, and the page of one event."""

from uuid import uuid4

import pytest
from django.test import Client

from eventstreaming import EventData, StoredEvent, append, correlation_scope
from eventstreaming.admin.event_search import EventSearch
from eventstreaming.models import Event
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, visit

pytestmark = pytest.mark.django_db

STORY = "7b1a2f8e-7f6d-4a3c-9c55-0c2b8d7e1a10"


@pytest.fixture
def events() -> list[StoredEvent]:
    """Three orders' events: placed, paid because of it, and one of a user."""
    with correlation_scope(correlation_id=STORY):
        (placed,) = append("order-1", EventData("OrderPlaced", {"total": "12.50"}))
        (paid,) = append(
            "order-1", EventData("OrderPaid", {}), causation_id=str(placed.event_id)
        )
    (other,) = append("order-2", EventData("OrderPlaced", {}))
    (user,) = append("user-1", EventData("UserRegistered", {}))
    return [placed, paid, other, user]


def test_events_are_listed_newest_first(
    admin_client: Client, events: list[StoredEvent]
) -> None:
    page = visit(admin_client, "event/")
    assert page.column(1) == ["user-1@0", "order-2@0", "order-1@1", "order-1@0"]
    assert page.column(2)[0] == "UserRegistered"
    assert page.html.count("<time datetime=") == 4


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("order-1", ["order-1@1", "order-1@0"]),
        ("stream:order-1", ["order-1@1", "order-1@0"]),
        ("order-*", ["order-2@0", "order-1@1", "order-1@0"]),
        ("category:user", ["user-1@0"]),
        ("type:OrderPlaced", ["order-2@0", "order-1@0"]),
        ("order-1 type:OrderPlaced", ["order-1@0"]),
        (STORY, ["order-1@1", "order-1@0"]),
        (STORY.upper(), ["order-1@1", "order-1@0"]),
        (f"correlation:{STORY}", ["order-1@1", "order-1@0"]),
        ("order-1 user-1", ["user-1@0"]),
        ("nothing", []),
        ("order", []),
        ("#999999999999999999", []),
        ("#9999999999999999999", []),
        ("07653190-5e73-42be-9ab4-3ca0eda959e6", []),
    ],
)
def test_search_box(
    admin_client: Client, events: list[StoredEvent], term: str, found: list[str]
) -> None:
    assert visit(admin_client, "event/", q=term).column(1) == found


def test_search_by_event_id_position_and_cause(
    admin_client: Client, events: list[StoredEvent]
) -> None:
    placed = events[0]
    for term, found in [
        (str(placed.event_id), ["order-1@0"]),
        (f"#{placed.position}", ["order-1@0"]),
        (f"causation:{placed.event_id}", ["order-1@1"]),
    ]:
        assert visit(admin_client, "event/", q=term).column(1) == found


@pytest.mark.parametrize(
    ("term", "field", "value"),
    [
        ("a:b", "stream", "a:b"),
        ("type:", "stream", "type:"),
        ("stream:type:x", "stream", "type:x"),
        ("#", "stream", "#"),
        ("#\uff11", "stream", "#\uff11"),
        ("#12345", "position", 12345),
        (
            "550e8400e29b41d4a716446655440000",
            "stream",
            "550e8400e29b41d4a716446655440000",
        ),
    ],
)
def test_what_a_term_means(term: str, field: str, value: object) -> None:
    assert getattr(EventSearch.parse(term), field) == value


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("stream", "order-2", ["order-2@0"]),
        ("category", "order", ["order-2@0", "order-1@1", "order-1@0"]),
        ("type", "OrderPaid", ["order-1@1"]),
        ("correlation", STORY, ["order-1@1", "order-1@0"]),
        ("type", "Unknown", []),
        ("stream", "", []),
    ],
)
def test_filters(
    admin_client: Client,
    events: list[StoredEvent],
    name: str,
    value: str,
    found: list[str],
) -> None:
    assert visit(admin_client, "event/", **{name: value}).column(1) == found


def test_filters_and_search_hold_together(
    admin_client: Client, events: list[StoredEvent]
) -> None:
    page = visit(admin_client, "event/", stream="order-1", q="type:OrderPaid")
    assert page.column(1) == ["order-1@1"]


def test_the_types_of_the_newest_events_are_offered(
    admin_client: Client, events: list[StoredEvent]
) -> None:
    page = visit(admin_client, "event/")
    assert page.links["OrderPaid"] == "?type=OrderPaid"
    assert "By type" in page.text
    assert "By stream" not in page.text  # offered while it is active only
    assert "By stream" in visit(admin_client, "event/", stream="order-1").text


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "append() writes the first one" in visit(admin_client, "event/").text
    assert "No event matches" in visit(admin_client, "event/", q="nothing").text


def test_an_event_shows_its_place_and_its_story(
    admin_client: Client, events: list[StoredEvent]
) -> None:
    placed, paid, *_ = events
    page = visit(admin_client, f"event/{placed.position}/change/")
    assert "Previous: none, this is the first" in page.text
    url = page.links["OrderPaid order-1@1"]
    assert url == f"{ROOT}event/{paid.position}/change/"
    assert page.links[STORY] == f"{ROOT}event/?correlation={STORY}"

    page = visit(admin_client, f"event/{paid.position}/change/")
    assert "Next: none, this is the last" in page.text
    assert f"{ROOT}event/{placed.position}/change/" in page.links.values()


def test_a_cause_that_is_no_event_is_shown_as_it_is(admin_client: Client) -> None:
    for cause in ["message <1>", str(uuid4())]:
        (stored,) = append("order-1", EventData("Paid", {}), causation_id=cause)
        assert f"Caused by: {cause}" in (
            visit(admin_client, f"event/{stored.position}/change/").text
        )


def test_many_effects_end_in_a_link_to_all(admin_client: Client) -> None:
    (cause,) = append("order-1", EventData("OrderPlaced", {}))
    effects = [EventData("MailSent", {}) for _ in range(12)]
    append("mails", effects, causation_id=str(cause.event_id))
    page = visit(admin_client, f"event/{cause.position}/change/")
    assert "MailSent mails@9" in page.links
    assert "MailSent mails@10" not in page.links
    assert page.links["Show all"] == f"{ROOT}event/?causation={cause.event_id}"
    rows = visit(admin_client, "event/", causation=str(cause.event_id)).rows
    assert len(rows) == 12


def test_payload_is_indented_and_escaped(admin_client: Client) -> None:
    (stored,) = append(
        "order-1",
        EventData("Note", {"text": "<script>alert(1)</script>", "ort": "Köln"}),
        metadata={"by": "<b>me</b>"},
    )
    page = visit(admin_client, f"event/{stored.position}/change/")
    assert "<script>alert" not in page.html
    assert "<b>me" not in page.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html
    assert "\n  &quot;ort&quot;: &quot;Köln&quot;" in page.html


def test_a_long_payload_is_folded(admin_client: Client) -> None:
    (short,) = append("order-1", EventData("Note", {"text": "x" * 19_000}))
    (long,) = append("order-1", EventData("Note", {"text": "x" * 21_000}))
    assert "<details" not in visit(admin_client, f"event/{short.position}/change/").html
    page = visit(admin_client, f"event/{long.position}/change/")
    assert "<summary>Show 21,016 characters</summary>" in page.html


@pytest.mark.parametrize("path", ["event/", "event/{}/change/"])
def test_a_strict_content_security_policy_is_kept(
    admin_client: Client, events: list[StoredEvent], path: str
) -> None:
    html = visit(admin_client, path.format(events[0].position)).html
    assert "<style" not in html
    assert "style=" not in html
    assert "<script>" not in html
    assert "onclick" not in html


def test_nobody_changes_an_event(
    admin_client: Client, events: list[StoredEvent]
) -> None:
    change = f"{ROOT}event/{events[0].position}/change/"
    assert admin_client.post(change, {"event_type": "Other"}).status_code == 403
    delete = f"{ROOT}event/{events[0].position}/delete/"
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{ROOT}event/add/").status_code == 403
    assert "Save" not in visit(admin_client, f"event/{events[0].position}/change/").text
    assert Event.objects.filter(event_type="Other").count() == 0


def test_looking_needs_the_right_to_view(
    staff: Staff, events: list[StoredEvent]
) -> None:
    assert visit(staff("view_event"), "event/").status == 200
    assert visit(staff("view_stream"), "event/").status == 403
