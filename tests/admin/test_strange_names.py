"""Whatever a name is, each page answers and shows it, and no link leads astray."""

import re
from collections import defaultdict
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import resolve
from django.utils.html import escape

from eventstreaming.models import DeadLetter
from tests import strange_names
from tests.admin.every_page import AdminPage, every_action, every_page
from tests.admin.pages import ROOT, post, visit
from tests.strange_names import NAMES, number_of

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a [^>]*href="([^"]*)')
SITE = "http://testserver"
QUERIES = {"eventstreaming_event_timeline": {"correlation": "two words"}}
NAMED_IN_URL = ("queue_change", "workerheartbeat_change")  # others have numbers
OBJECTS = 1  # of the others
LINKS = 2  # of each kind that are followed


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    strange_names.fill()


def pages() -> dict[str, AdminPage]:
    some = list(every_page(QUERIES, objects=OBJECTS))
    every = every_page(objects=len(NAMES) + 9)
    changes = [page for page in every if page.name in NAMED_IN_URL]
    return {page.url: page for page in [*some, *changes]}


def test_every_page_answers_and_its_links_lead_where_they_say(
    admin_client: Client,
) -> None:
    every = pages()
    links: defaultdict[tuple[str | None, ...], set[str]] = defaultdict(set)
    for page in every.values():
        response = admin_client.get(page.url)
        html = response.getvalue().decode()
        assert response.status_code in (200, 302, 403), page.url
        allowed = page.name.endswith(("_add", "_delete", "_jump"))
        assert response.status_code == 200 or allowed, page.url
        for link in map(unescape, LINK.findall(html)):
            # As a browser does it, for which dots are steps of a path.
            url = urlsplit(urljoin(SITE + page.url, link))
            assert urlsplit(link).path in ("", url.path), page.url
            address = f"{url.path}?{url.query}" if url.query else url.path
            if url.path.startswith(ROOT) and address not in every:
                asked = parse_qs(url.query, keep_blank_values=True)
                links[resolve(url.path).url_name, *asked].add(address)
    for kind, found in links.items():
        for address in sorted(found)[:LINKS]:
            status = admin_client.get(address).status_code
            assert status in (200, 302 if "jump" in address else 200), (kind, address)
    assert len(links) > 30


def test_every_name_is_shown_on_every_list(admin_client: Client) -> None:
    for page in every_page(objects=0):
        if not page.name.endswith("_changelist"):
            continue
        shown = visit(admin_client, page.url.removeprefix(ROOT))
        text = " ".join(shown.html.split())
        missing = [n for n in NAMES if " ".join(escape(n).split()) not in text]
        assert missing == [], page.name
        if page.name != "overview_changelist":
            assert len(shown.rows) >= len(NAMES), page.name
            columns = list(map("".join, shown.rows))
            assert all(columns), page.name


def test_an_action_on_such_rows_is_done_or_says_what_is_refused(
    admin_client: Client,
) -> None:
    """Some ask the store, which takes no such name: all of their batch stays."""
    done, refused = set(), set()
    for model, action in every_action():
        keys = [number_of(model, place) for place in range(len(NAMES))]
        before, entries = rows_of(model), LogEntry.objects.count()
        page = post(
            admin_client,
            f"{model._meta.model_name}/",
            action=action,
            confirmed="yes",
            priority="3",
            _selected_action=keys,
        )
        assert page.status == 200, action
        if f"Not done for {len(keys)}: " in page.text:
            refused.add(action)
            assert (rows_of(model), LogEntry.objects.count()) == (before, entries)
        else:
            done.add(action)
    assert {"prioritize_selected", "pause_selected", "skip_selected"} <= done
    assert {"cancel_selected", "redrive_selected", "retry_selected"} <= refused
    letter = number_of(DeadLetter, 5)
    DeadLetter.objects.update(message_type="Mail")
    page = post(
        admin_client, f"deadletter/{letter}/redrive/", message="1", headers="{}"
    )
    assert "'../queue' is refused" in page.text
    assert DeadLetter.objects.filter(pk=letter).exists()


def rows_of(model: type[Model]) -> list[Any]:
    return list(model._default_manager.order_by("pk").values())
