"""Pages by keyset: complete, stable, and cheap."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append, enqueue
from eventstreaming.admin import EventAdmin, KeysetAdmin, KeysetChangeList
from eventstreaming.admin.keysets import Keyset
from eventstreaming.models import Event, Message
from tests.admin.pages import Page, follow, visit

pytestmark = pytest.mark.django_db

Write = Callable[[int], None]


def positions(page: Page) -> list[int]:
    return [int(cell) for cell in page.column(0)]


def test_the_way_to_the_oldest_shows_every_event_once(
    admin_client: Client, many_events: Write
) -> None:
    many_events(250)
    page = visit(admin_client, "event/")
    seen = positions(page)
    while page.links.get("Older"):
        page = follow(admin_client, "event/", page, "Older")
        seen += positions(page)
    everything = list(Event.objects.order_by("-position").values_list("pk", flat=True))
    assert seen == everything
    assert len(seen) == 250


def test_the_way_back_shows_the_same_pages(
    admin_client: Client, many_events: Write
) -> None:
    many_events(250)
    first = visit(admin_client, "event/")
    second = follow(admin_client, "event/", first, "Older")
    assert positions(follow(admin_client, "event/", second, "Newer")) == positions(
        first
    )
    oldest = follow(admin_client, "event/", first, "Oldest")
    assert positions(oldest)[-1] == Event.objects.order_by("pk")[0].pk
    assert len(oldest.rows) == 100
    assert "Older" not in oldest.links
    assert positions(follow(admin_client, "event/", oldest, "Newest")) == positions(
        first
    )


def test_a_page_does_not_move_when_events_are_appended(
    admin_client: Client, many_events: Write
) -> None:
    many_events(200)
    first = visit(admin_client, "event/")
    second = follow(admin_client, "event/", first, "Older")
    append("order-1", [EventData("OrderPaid", {}) for _ in range(20)])
    assert positions(follow(admin_client, "event/", first, "Older")) == positions(
        second
    )


def test_a_list_of_one_page_has_no_page_links(
    admin_client: Client, many_events: Write
) -> None:
    many_events(20)
    page = visit(admin_client, "event/")
    assert {"Newest", "Newer", "Older", "Oldest"}.isdisjoint(page.links)


def test_page_links_keep_the_filters(admin_client: Client, many_events: Write) -> None:
    many_events(2_000)
    page = visit(admin_client, "event/", stream="order-3")
    page = follow(admin_client, "event/", page, "Older")
    assert len(page.rows) == 100
    assert set(page.column(1)) == {f"order-3@{n}" for n in range(100)}


def test_a_page_of_100_events_costs_one_query_and_one_for_the_types(
    admin_client: Client, many_events: Write
) -> None:
    many_events(300)
    with CaptureQueriesContext(connection) as queries:
        page = visit(admin_client, "event/")
    assert len(page.rows) == 100
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming" in q["sql"]]
    assert len(own) == 2
    assert not any("COUNT(" in sql.upper() for sql in own)


def test_pages_do_not_read_the_payload(
    admin_client: Client, many_events: Write
) -> None:
    many_events(10)
    with CaptureQueriesContext(connection) as queries:
        visit(admin_client, "event/")
    assert not any('"data"' in q["sql"] for q in queries.captured_queries)


def test_pages_by_two_columns_follow_the_order_of_delivery(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        enqueue("mail", EventData("Mail", {}), priority=number % 3)
    monkeypatch.setattr("eventstreaming.admin.MessageAdmin.list_per_page", 10)
    page = visit(admin_client, "message/", queue="mail")
    seen = page.column(1)
    while page.links.get("Next"):
        page = follow(admin_client, "message/", page, "Next")
        seen += page.column(1)
    in_order = Message.objects.order_by("rank", "id").values_list("pk", flat=True)
    assert seen == [str(key) for key in in_order]
    page = follow(admin_client, "message/", page, "Previous")
    assert page.column(1) == seen[10:20]


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "after-",
        "after-x",
        "after-1,2",
        "after-1.5",
        "after-true",
        "after-null",
        "after-" + "[" * 5_000,
        'after-"\\u0000"',
        'after-"\\ud800"',
    ],
)
@pytest.mark.parametrize("path", ["event/", "stream/", "queue/"])
def test_a_cursor_that_is_none_is_refused(
    admin_client: Client, path: str, cursor: str
) -> None:
    assert visit(admin_client, path, p=cursor).status == 302


@pytest.mark.parametrize("cursor", ['after-"x"', "after-" + "9" * 30])
def test_a_cursor_that_is_no_position_is_refused(
    admin_client: Client, cursor: str
) -> None:
    assert visit(admin_client, "event/", p=cursor).status == 302


def test_the_page_number_of_a_plain_list_is_the_first_page(
    admin_client: Client, many_events: Write
) -> None:
    many_events(5)
    assert len(visit(admin_client, "event/", p="3").rows) == 5


@pytest.mark.parametrize("name", ["q", "stream", "type", "correlation", "x"])
def test_nul_in_a_parameter_is_refused(admin_client: Client, name: str) -> None:
    assert visit(admin_client, "event/", **{name: "a\x00b"}).status in (200, 302)


def test_a_filter_without_index_stops_and_says_so(
    admin_client: Client, many_events: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    append("old-1", EventData("Rare", {}))
    many_events(50)
    monkeypatch.setattr(KeysetChangeList, "scan_limit", 20)
    page = visit(admin_client, "event/", type="Rare")
    pages = 1
    while page.links.get("Older"):
        assert page.rows == []
        assert "found among 20 rows" in page.text
        page = follow(admin_client, "event/", page, "Older")
        pages += 1
    assert pages == 3
    assert page.column(2) == ["Rare"]
    assert "found among" not in page.text


def test_a_filter_without_index_loses_nothing_at_the_edges(
    admin_client: Client, many_events: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_events(60)
    monkeypatch.setattr(KeysetChangeList, "scan_limit", 7)
    monkeypatch.setattr("eventstreaming.admin.EventAdmin.list_per_page", 3)
    page = visit(admin_client, "event/", type="OrderPaid")
    seen = positions(page)
    while page.links.get("Older"):
        page = follow(admin_client, "event/", page, "Older")
        seen += positions(page)
    paid = Event.objects.filter(event_type="OrderPaid").order_by("-position")
    assert seen == list(paid.values_list("pk", flat=True))


def test_a_keyset_goes_in_one_direction() -> None:
    with pytest.raises(ValueError, match="one direction"):
        Keyset(Message, ("rank", "-id"))


def test_someone_elses_plain_change_list_keeps_its_pages(
    admin_client: Client, many_events: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plain(self: Any, request: Any, **kwargs: Any) -> Any:
        return super(KeysetAdmin, self).get_changelist(request)

    many_events(250)
    monkeypatch.setattr(EventAdmin, "get_changelist", plain)
    page = visit(admin_client, "event/", p="2")
    assert len(page.rows) == 100
    assert "250 events" in page.text
    assert visit(admin_client, "event/tail/").status == 404
