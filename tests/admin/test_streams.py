"""The list of streams."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append, create_stream
from eventstreaming.models import Stream
from tests.admin.pages import ROOT, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def streams() -> None:
    append("order-12", [EventData("OrderPlaced", {}) for _ in range(3)])
    append("order-123", EventData("OrderPlaced", {}))
    append("order-2", EventData("OrderPlaced", {}))
    create_stream("Reports")


def test_streams_are_listed_by_name(admin_client: Client, streams: None) -> None:
    page = visit(admin_client, "stream/")
    assert page.column(0) == ["Reports", "order-12", "order-123", "order-2"]
    assert page.column(1)[1] == "order"
    assert page.column(2)[1] == "serial"
    assert page.column(3) == ["0", "3", "1", "1"]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("order-12", ["order-12", "order-123"]),
        ("order-", ["order-12", "order-123", "order-2"]),
        ("rder", []),
        ("order%", []),
        ("order_12", []),
    ],
)
def test_search_by_the_beginning_of_a_name(
    admin_client: Client, streams: None, prefix: str, found: list[str]
) -> None:
    page = visit(admin_client, "stream/", q=prefix)
    assert page.column(0) == found
    assert ("No stream has a name" in page.text) is (not found)


def test_the_length_follows_from_the_row(admin_client: Client, streams: None) -> None:
    Stream.objects.filter(name="order-12").update(first_offset=2)
    Stream.objects.create(name="clicks", category="clicks", kind=Stream.Kind.CONCURRENT)
    lengths = dict(
        zip(*map(visit(admin_client, "stream/").column, (0, 3)), strict=True)
    )
    assert lengths["order-12"] == "1"
    assert lengths["clicks"] == "not known"


def test_a_stream_leads_to_its_events(admin_client: Client, streams: None) -> None:
    stream = Stream.objects.get(name="order-12")
    for path in ["stream/?q=order-123", f"stream/{stream.pk}/change/"]:
        name = "order-123" if "?" in path else "order-12"
        page = visit(admin_client, path)
        assert page.links["Show events"] == f"{ROOT}event/?stream={name}"
    assert len(visit(admin_client, "event/", stream="order-12").rows) == 3


def test_a_page_of_100_streams_costs_one_query(admin_client: Client) -> None:
    Stream.objects.bulk_create(
        Stream(name=f"order-{n}", category="order") for n in range(150)
    )
    with CaptureQueriesContext(connection) as queries:
        page = visit(admin_client, "stream/")
    assert len(page.rows) == 100
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming" in q["sql"]]
    assert len(own) == 1
    assert "COUNT(" not in own[0].upper()


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "The first append()" in visit(admin_client, "stream/").text
