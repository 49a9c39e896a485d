"""Going to a time, a position or an offset, and being told why not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming.models import Event, Stream
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, Page, read, visit
from tests.sessions import execute

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def minutes() -> None:
    """Write two streams in turn, an event each minute."""
    execute(
        "INSERT INTO eventstreaming_stream (name, category, next_offset) "
        "VALUES ('order-1', 'order', 200), ('user-1', 'user', 200)"
    )
    execute(
        'INSERT INTO eventstreaming_event (position, stream_id, category, "offset", '
        "bucket, event_type, event_id, data, metadata, timestamp) OVERRIDING SYSTEM VALUE "
        "SELECT 1000 + n, s.id, s.category, n / 2, 0, 'Noted', gen_random_uuid(), '{}', "
        "'{}', %s + n * interval '1 minute' FROM generate_series(0, 399) AS n "
        "JOIN eventstreaming_stream AS s ON s.name = "
        "CASE n %% 2 WHEN 0 THEN 'order-1' ELSE 'user-1' END ORDER BY n",
        [START],
    )


def jump(client: Client, **query: str) -> Page:
    return read(client.get(f"{ROOT}event/jump/", query, follow=True))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({"time": "2026-01-01T13:00:00"}, "order-1@30"),
        ({"place": "2026-01-01T13:00:30Z"}, "user-1@30"),
        ({"place": "2026-01-01 15:00+02:00"}, "order-1@30"),
        ({"place": "2026-01-01"}, "order-1@0"),
        ({"time": "2026-01-01T13:00:00", "category": "user"}, "user-1@30"),
        ({"time": "2026-01-01T13:00:00", "q": "user-*"}, "user-1@30"),
        ({"time": "2026-01-01T13:01:30", "stream": "user-1"}, "user-1@31"),
        ({"place": "#1300"}, "order-1@150"),
        ({"place": "#7"}, "order-1@0"),
        ({"place": "#1301", "q": "user-1"}, "user-1@150"),
        ({"place": "150", "stream": "user-1"}, "user-1@150"),
        ({"place": "@150", "stream": "user-1"}, "user-1@150"),
        ({"place": "user-1@150"}, "user-1@150"),
        ({"place": "user-1@150", "stream": "order-1", "q": "x"}, "user-1@150"),
    ],
)
def test_the_page_begins_where_one_wants_to_go(
    admin_client: Client, minutes: None, query: dict[str, str], first: str
) -> None:
    page = jump(admin_client, **query)
    assert page.column(1)[0] == first
    assert (
        f"The page begins at #{page.column(0)[0]}, {first}, of 2026-01-01" in page.text
    )
    assert "Newer" in page.links
    if "stream" in query:
        assert {place.partition("@")[0] for place in page.column(1)} == {"user-1"}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "Say where to go"),
        ({"place": "yesterday"}, "“yesterday” is no time (2026-11-26 14:30)"),
        ({"place": "2026-02-31 10:00"}, "is no time"),
        ({"place": "<b>x</b>"}, "“<b>x</b>” is no time"),
        ({"place": "12"}, "An offset needs its stream: order-1@12"),
        ({"place": "none-1@12"}, "There is no stream none-1."),
        ({"place": "order-1@200"}, "behind the newest event, #1398"),
        ({"place": "#9999999999999999999"}, "behind the newest event, #1399"),
        ({"time": "2027-01-01T00:00"}, "behind the newest event, #1399"),
        ({"time": "2026-01-01T00:00", "category": "x"}, "There is no event to go to"),
        ({"place": "#1301", "stream": "order-1"}, "#1301 is not in this stream"),
        ({"place": "x\x00@1"}, "holds a NUL"),
        ({"place": "1", "stream": "x\x00"}, "holds a NUL"),
    ],
)
def test_what_is_wrong_is_said(
    admin_client: Client, minutes: None, query: dict[str, str], told: str
) -> None:
    page = jump(admin_client, **query)
    assert page.status == 200
    assert told in page.text


def test_a_jump_costs_few_statements(admin_client: Client, minutes: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(
            f"{ROOT}event/jump/", {"time": "2026-01-01T13:00", "q": "order-1"}
        )
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming_" in q["sql"]]
    assert len(own) <= 4
    assert not any("COUNT(" in sql for sql in own)


def test_both_pages_have_the_form(
    admin_client: Client, staff: Staff, minutes: None
) -> None:
    html = visit(admin_client, "event/", category="user", q="type:Noted", p="last").html
    form = html.partition('<form id="es-jump"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="category" value="user">' in form
    assert '<input type="hidden" name="q" value="type:Noted">' in form
    assert 'name="p"' not in form
    stream = Stream.objects.get(name="user-1")
    page = visit(admin_client, f"stream/{stream.pk}/change/")
    assert '<input type="hidden" name="stream" value="user-1">' in page.html
    assert page.html.count('form="es-jump"') == 3
    newest = Event.objects.order_by("-position")[0]
    assert page.links["@199 Noted"] == f"{ROOT}event/{newest.pk}/change/"
    assert "@179 Noted" not in page.links
    assert staff("view_stream").get(f"{ROOT}event/jump/?place=1").status_code == 403


@pytest.mark.parametrize(
    ("term", "told"),
    [
        (
            "order",
            "There is no stream order. order-* finds the events of that category.",
        ),
        ("#abc", "“#abc” is no stream, no position (#12345)"),
        ("type:", "right behind type:"),
        ("order-1@200", "order-1 has its offsets between 0 and 199."),
        ("cart-*", "There is no category cart."),
        ("#5000", "#5000 is still to come: the newest is #1399."),
        ("#5", "No event has the position #5: positions have gaps."),
        ("07653190-5e73-42be-9ab4-3ca0eda959e6", "none this correlation id"),
    ],
)
def test_a_search_without_success_says_why(
    admin_client: Client, minutes: None, term: str, told: str
) -> None:
    page = visit(admin_client, "event/", q=term)
    assert page.rows == []
    assert "No event matches the filters and the search." in page.text
    assert told in page.text


def test_a_place_is_found_by_the_search(admin_client: Client, minutes: None) -> None:
    assert visit(admin_client, "event/", q="order-1@7").column(1) == ["order-1@7"]
    before = START - timedelta(days=1)
    assert "begins at #1000" in jump(admin_client, time=before.isoformat()).text
