"""
No page gets dearer with what there is: every one of the registry is measured.

`make pages SIZE=1000000` does it in full size and prints a table.
"""

import os
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from eventstreaming.models import DeadLetter, Event, Message, Saga
from tests.admin.every_page import every_page
from tests.admin.long_tables import LONG_STREAM, fill
from tests.admin.page_costs import Cost, measured
from tests.admin.pages import read
from tests.sessions import execute

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = 10_000  # events, and messages
LARGE = int(os.environ.get("EVENTS_OF_PAGES", 30_000))
MOST_STATEMENTS = 8  # about our tables: the session and the user come on top
MOST_GROWTH = 1.5


def test_every_page_costs_the_same_however_much_there_is(admin_client: Client) -> None:
    links = 5 if LARGE > 100_000 else 1
    small = dict(costs(admin_client, SMALL, links=links))
    tables = connection.introspection.table_names()
    ours = [name for name in tables if name.startswith("eventstreaming_")]
    execute(f"TRUNCATE {', '.join(ours)} RESTART IDENTITY CASCADE")
    large = dict(costs(admin_client, LARGE, links=links))
    assert len(large) > 120
    assert small.keys() == large.keys()
    report = [
        f"{page:58} {cost.statements:3} {small[page].buffers:6} {cost.buffers:6}"
        for page, cost in large.items()
    ]
    title = f"{'page':56} queries, buffers at {SMALL:,} and {LARGE:,}"
    sys.stdout.write("\n".join(["", title, *report, ""]))
    assert {page: c.walks for page, c in large.items() if c.walks} == {}
    dear = {p: c.statements for p, c in large.items() if c.statements > MOST_STATEMENTS}
    assert dear == {}
    # A page that shows less would be cheap for that reason.
    shorter = {p for p, c in large.items() if c.rows < small[p].rows}
    assert shorter == set()
    grown = {
        page: (small[page].buffers, cost.buffers)
        for page, cost in large.items()
        if cost.buffers > MOST_GROWTH * small[page].buffers
    }
    assert grown == {}


def costs(client: Client, events: int, *, links: int) -> Iterator[tuple[str, Cost]]:
    """Fill the tables, and yield each page, named alike at every size, with its cost."""
    fill(events)
    for label, url in addresses(client, links):
        with measured() as cost:
            response = client.get(url)
            content = response.getvalue()
        assert response.status_code in (200, 302, 403), url
        assert content or response.status_code == 302
        yield label, cost


def addresses(client: Client, links: int) -> Iterator[tuple[str, str]]:
    """
    Yield all pages, searches and other queries, and what the filters of lists offer.

    Of each filter that are so many `links`, from its first choice on.
    """
    more = queries()
    for page in every_page(objects=1):
        asked = more.get(page.name, {})
        if page.name != "event_export":  # of all events it is as long as they are
            yield page.name, page.url
        for label, query in asked.items():
            yield f"{page.name} {label}", f"{page.url}?{urlencode(query)}"
        if page.name.endswith("_changelist"):
            for label, link in offered(client, page.url, links):
                yield f"{page.name} [{label}]", f"{page.url}{link}"


def offered(client: Client, url: str, links: int) -> Iterator[tuple[str, str]]:
    """Yield the links of a list to itself: filters, and other pages."""
    taken: dict[str, int] = {}
    for label, link in read(client.get(url)).links.items():
        name = link[1:].partition("=")[0]
        if link.startswith("?") and name and taken.get(name, 0) < links:
            taken[name] = taken.get(name, 0) + 1
            yield label, link


def queries() -> dict[str, dict[str, dict[str, object]]]:
    """Return what else pages are asked, with rows from the middle of the tables."""
    event = Event.objects.order_by("position")[Event.objects.count() // 2]
    message = Message.objects.order_by("id")[Message.objects.count() // 2].pk
    letter = DeadLetter.objects.order_by("id")[10].pk
    saga = Saga.objects.order_by("id")[10]
    at = event.timestamp.isoformat()
    lists: dict[str, dict[str, object]] = {
        "after": {"p": f"after-{event.position}"},
        "before": {"p": f"before-{event.position}"},
        "category": {"category": "order"},
        "no category": {"category": "none"},
        "stream": {"stream": LONG_STREAM},
        "after in stream": {"stream": LONG_STREAM, "p": "after-500"},
        "no stream": {"stream": "none"},
        "story": {"correlation": event.correlation_id},
        "cause": {"causation": event.event_id},
        "no type": {"type": "None"},
        "q=id": {"q": event.event_id},
        "q=#position": {"q": f"#{event.position}"},
        "q=stream@offset": {"q": f"{LONG_STREAM}@100"},
        "q=nothing": {"q": "order"},
        "q=category type": {"q": "order-* type:OrderPaid"},
        "q=correlation": {"q": f"correlation:{event.correlation_id}"},
    }
    tails = {name: lists[name] for name in ("category", "stream", "no type", "q=id")}
    place: dict[str, object] = {"p": f"before-{event.position}"}
    return {
        "event_changelist": lists,
        "event_tail": tails,
        "event_tail_rows": {"before": place, "type": {**place, "q": "type:OrderPaid"}},
        "event_timeline": {"story": {"correlation": event.correlation_id}},
        "event_export": {"story": {"correlation": event.correlation_id}},
        "event_jump": {
            "time": {"time": at},
            "time in category": {"time": at, "category": "user"},
            "time in stream": {"time": at, "stream": LONG_STREAM},
            "position": {"place": f"#{event.position}"},
            "offset": {"place": f"{LONG_STREAM}@700"},
        },
        "stream_changelist": {"q": {"q": "order-1"}},
        "message_changelist": {
            "after": {"p": f"after-{message}"},
            "queue": {"queue": "queue-1"},
            "after in queue": {"queue": "queue-1", "p": f"after-0,{message}"},
            "blocked": {"queue": "queue-1", "state": "blocked"},
            "delayed": {"queue": "queue-1", "state": "delayed"},
            "q": {"q": message},
        },
        "deadletter_changelist": {
            "after": {"p": f"after-{letter}"},
            "after in queue": {"queue": "queue-1", "p": f"after-{letter}"},
            "fingerprint": {"queue": "queue-1", "fingerprint": "f1"},
            "q": {"q": letter},
        },
        "saga_changelist": {
            "after": {"p": f"after-{saga.pk}"},
            "name": {"name": "saga-1"},
            "name and state": {"name": "saga-2", "state": "failed"},
            "q": {"q": str(saga)},
        },
        "taskresult_changelist": {
            "queue": {"queue": "tasks:default:7"},
            "queue and status": {"queue": "tasks:default:7", "status": "FAILED"},
            "task": {"task": "task-3"},
            "q": {"q": 11},
        },
    }
