"""The live tail: each new event once, in order, whatever the list is narrowed to."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append
from eventstreaming.admin import EventAdmin
from eventstreaming.backends import event_stores
from eventstreaming.models import Stream
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, Page, read, visit

pytestmark = pytest.mark.django_db


def write(stream: str, count: int = 1, name: str = "Noted") -> int:
    return append(stream, [EventData(name, {})] * count)[-1].position


def places(page: Page) -> list[str]:
    return re.findall(r">([a-z]+-\d@\d+)<", page.html)


class Tail:
    """What the script does: it asks where the last answer says."""

    def __init__(self, client: Client, **query: str) -> None:
        self.client = client
        self.page = visit(client, "event/tail/", **query)
        assert self.page.status == 200
        self.first = places(self.page)

    def ask(self) -> list[str]:
        found = re.search(r'data-es-next="([^"]*)"', self.page.html)
        assert found
        self.page = read(self.client.get(unescape(found[1])))
        assert self.page.status == 200
        return places(self.page)

    @property
    def is_behind(self) -> bool:
        return "data-es-behind" in self.page.html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "order-1@2 user-1@1 user-1@0 order-1@1"),
        ({"category": "user"}, "user-1@1 user-1@0"),
        ({"stream": "order-1"}, "order-1@2 order-1@1"),
        ({"q": "order-1"}, "order-1@2 order-1@1"),
        ({"type": "Paid"}, "order-1@2"),
        ({"q": "order-1 type:Paid"}, "order-1@2"),
        ({"stream": "user-1"}, "user-1@1 user-1@0"),
    ],
)
def test_new_events_come_once_and_the_newest_on_top(
    admin_client: Client, query: dict[str, str], found: str
) -> None:
    write("order-1")
    tail = Tail(admin_client, **query)
    assert tail.first == (["order-1@0"] if "order-1@1" in found else [])
    assert tail.ask() == []
    write("order-1")
    write("user-1", 2)
    write("order-1", name="Paid")
    assert tail.ask() == found.split()
    assert tail.ask() == []
    assert not tail.is_behind


def test_many_new_events_come_in_bounded_answers(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventAdmin, "list_per_page", 10)
    for query in ({}, {"stream": "order-1"}, {"type": "Noted"}):
        tail = Tail(admin_client, **query)
        offset = Stream.objects.filter(name="order-1").values_list("next_offset")[:1]
        start = next((first for (first,) in offset), 0)
        write("order-1", 25)
        seen, answers = [], 0
        while True:
            rows = tail.ask()
            assert len(rows) <= 10
            seen += reversed(rows)
            answers += 1
            if not tail.is_behind:
                break
        assert seen == [f"order-1@{n}" for n in range(start, start + 25)]
        assert answers == 3


def test_no_event_is_passed_over_that_is_not_committed_yet(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open transaction may hold a lower position than those that are there."""
    write("order-1")
    tail = Tail(admin_client)
    store = event_stores["default"]
    late = write("order-1")
    with monkeypatch.context() as patch:
        patch.setattr(store, "fence", lambda: late)
        write("user-1")
        assert tail.ask() == ["order-1@1"]
        assert tail.ask() == []
    assert tail.ask() == ["user-1@0"]


def test_a_look_costs_two_statements(admin_client: Client) -> None:
    write("order-1", 30)
    tail = Tail(admin_client)
    with CaptureQueriesContext(connection) as queries:
        tail.ask()
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming_" in q["sql"]]
    assert len(own) == 2
    assert len(queries.captured_queries) <= 5


def test_it_works_without_a_script(admin_client: Client) -> None:
    write("order-1", 2)
    listed = visit(admin_client, "event/", category="order", p="last")
    assert listed.links["Live tail"] == f"{ROOT}event/tail/?category=order"
    stream = Stream.objects.get(name="order-1").pk
    page = visit(admin_client, f"stream/{stream}/change/")
    assert page.links["Show new events"] == f"{ROOT}event/tail/?stream=order-1"
    page = visit(admin_client, "event/tail/", category="order")
    assert "category: order" in page.text
    assert page.links["Back to the list"] == f"{ROOT}event/?category=order"
    newer = f"event/tail/{page.links['Newer']}"
    assert "Nothing newer yet" in visit(admin_client, newer).text
    write("order-1")
    page = visit(admin_client, newer)
    assert places(page) == ["order-1@2"]
    assert "<script>" not in page.html
    assert "style=" not in page.html


def test_who_may_not_look_gets_nothing(admin_client: Client, staff: Staff) -> None:
    append(
        "order-1",
        EventData("Noted", {"card": "card-4111"}),
        metadata={"card": "card-4111"},
    )
    for path in ("event/tail/", "event/tail/rows/"):
        assert (
            visit(staff("view_event"), path).status == 200 if "rows" in path else True
        )
        assert "card-4111" not in visit(admin_client, path).html
        assert Client().get(f"{ROOT}{path}").status_code == 302
    assert visit(staff("view_stream"), "event/tail/").status == 403
    for wrong in ("after-1", "last", "before-x", "before-1,2"):
        assert visit(admin_client, "event/tail/", p=wrong).status == 302
        assert visit(admin_client, "event/tail/rows/", p=wrong).status == 400
    assert visit(admin_client, "event/tail/rows/", nonsense="1").status == 400
