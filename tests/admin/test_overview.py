"""The overview: the numbers of the status, at a cost that does not grow."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append, dequeue, enqueue_many, event_store
from eventstreaming.models import (
    Checkpoint,
    QueueActivity,
    Subscription,
    WorkerHeartbeat,
)
from eventstreaming.operations.status import store_status
from tests.admin.conftest import Staff
from tests.admin.pages import Page, visit
from tests.operations.runners import runner
from tests.sessions import sessions

pytestmark = pytest.mark.django_db

NOTED = EventData("Noted", {"card": "card-4111"})
AT_MOST = 8  # statements about tables of this package


def cells(page: Page, name: str) -> list[str]:
    """Return the row that begins with a name; charts have no text but a title."""
    _, found, rest = page.html.partition(f">{name}</a>")
    assert found, f"no row {name}"
    row = rest.partition("</tr>")[0]
    return [
        " ".join(part.partition("</td>")[0].split()) for part in row.split("<td>")[1:]
    ]


def statements(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert visit(client, "overview/").status == 200
    return len([q for q in queries if "eventstreaming_" in q["sql"]])


def write_activity(queue: str, **columns: object) -> None:
    QueueActivity.objects.create(
        **{
            "queue": queue,
            "worker_id": "web:1",
            "done": 600,
            "failed": 200,
            "waits": [],
            "runs": [],
            "depth": 3,
            **columns,
        }
    )


def test_queue_shows_its_numbers_and_its_last_hour(admin_client: Client) -> None:
    enqueue_many("mail", [{"n": 1}] * 4)
    letter = dequeue("mail")
    assert letter is not None
    letter.nack(dead_letter=True)
    dequeue("mail")
    write_activity("mail", waits=[*[0] * 14, 6, *[0] * 9, 4])
    page = visit(admin_client, "overview/")
    chart, ready, in_flight, delayed, blocked, dead, _, rates, waits, _, failures = (
        cells(page, "mail")
    )
    assert (ready, in_flight, delayed, blocked) == ("2", "1", "0", "0")
    assert ">1</a>" in dead
    assert rates == "2.0 / 2.0"
    assert re.fullmatch(r"[0-9.]+ s / <time datetime=\"PT\d+S\">[^<]+</time>", waits)
    assert "25.0%" in failures
    assert 'aria-label="600 messages done in the last hour"' in chart
    assert chart.count("<rect") == 1
    assert "style=" not in page.html.partition('id="es-overview"')[2]


def test_queue_that_workers_have_emptied_is_still_there(admin_client: Client) -> None:
    write_activity("bulk", failed=0, runs=[0, 0, 5])
    chart, ready, *_, runs, failures = cells(visit(admin_client, "overview/"), "bulk")
    assert (chart.count("<rect"), ready, failures) == (1, "0", "0.0%")
    assert "ms" in runs


def test_subscription_shows_how_far_behind_it_is(admin_client: Client) -> None:
    append("orders", [NOTED] * 3)
    runner("orders", "billing")
    Checkpoint.objects.update(
        parked_keys=2, progressed_at=Now() - timedelta(minutes=3), looked_at=Now()
    )
    source, state, lag, _, parked, progress, _ = cells(
        visit(admin_client, "overview/"), "billing"
    )
    assert (source, state, lag) == ("orders", "active", "3")
    assert ">2</a>" in parked
    assert "3 min" in progress


def test_streams_that_grow_come_with_their_rate(admin_client: Client) -> None:
    append("orders", [NOTED] * 36)
    append("quiet", NOTED)
    growth = store_status().growth
    assert [(item.stream_name, item.events) for item in growth] == [
        ("orders", 36),
        ("quiet", 1),
    ]
    assert growth[0].rate == pytest.approx(0.01)
    assert cells(visit(admin_client, "overview/"), "orders")[:2] == ["36", "0.6"]


def test_worker_that_is_silent_is_said_to_be(admin_client: Client) -> None:
    columns = {"version": "0.1.0", "queues": [], "subscriptions": [], "threads": 1}
    counts = dict.fromkeys(("in_flight", "done", "failed", "handled"), 0)
    for pid, minutes in ((1, 0), (2, 5)):
        WorkerHeartbeat.objects.create(
            worker_id=f"web:{pid}:x",
            host="web",
            pid=pid,
            state="running",
            beat_at=Now() - timedelta(minutes=minutes),
            **columns,
            **counts,
        )
    page = visit(admin_client, "overview/")
    assert cells(page, "web:1")[:2] == ["running", "0.1.0"]
    assert "silent" in cells(page, "web:2")[0]


@pytest.mark.django_db(transaction=True)
def test_what_holds_the_fence_is_named(admin_client: Client) -> None:
    assert "Nothing holds readers back." in visit(admin_client, "overview/").text
    with sessions(1) as (writer,):
        ((pid,),) = writer.execute("SELECT pg_backend_pid()")
        writer.execute("SET application_name = 'slow-import'")
        writer.begin()
        writer.run(append, "slow", NOTED)
        append("fast", NOTED)
        page = visit(admin_client, "overview/")
        writer.commit()
    assert f"pid {pid}, slow-import, idle in transaction, for" in page.text


def test_empty_page_says_what_to_do(admin_client: Client) -> None:
    text = visit(admin_client, "overview/").text
    for advice in ("append() writes one", "manage.py runworker", "@subscription"):
        assert advice in text


def test_page_costs_the_same_whatever_there_is(admin_client: Client) -> None:
    few = statements(admin_client)
    for number in range(12):
        append(f"order-{number}", [NOTED] * 2)
        enqueue_many(f"queue-{number}", [{"n": 1}])
        write_activity(f"queue-{number}")
        source = ("order-*", f"order-{number}", "*")[number % 3]
        row = Subscription.objects.create(name=f"reader-{number}", source=source)
        Checkpoint.objects.create(subscription=row)
    assert few <= statements(admin_client) <= AT_MOST
    page = visit(admin_client, "overview/")
    assert cells(page, "reader-4")[2] == "2"
    assert cells(page, "reader-3")[2] == "24"


def test_partitions_cost_no_statement_of_their_own(admin_client: Client) -> None:
    append("order-1", [NOTED] * 30)
    few = statements(admin_client)
    for number in range(20):
        row = Subscription.objects.create(
            name=f"reader-{number}",
            source=("order-*", "order-1", "*", "none")[number % 4],
            partitions=8,
            partition_by=("key", "event")[number % 2],
        )
        Checkpoint.objects.bulk_create(
            Checkpoint(
                subscription=row,
                partition=part,
                first_bucket=part * 128,
                last_bucket=part * 128 + 127,
                looked_at=Now(),
            )
            for part in range(8)
        )
    assert few <= statements(admin_client) <= AT_MOST
    page = visit(admin_client, "overview/")
    assert cells(page, "reader-4")[2] == "30"  # all events have the key of the stream
    assert 0 < int(cells(page, "reader-1")[2]) < 30  # spread by their positions
    assert cells(page, "reader-3")[2] == "0"


def test_who_may_see_names_may_see_it_and_no_payload(staff: Staff) -> None:
    append("orders", NOTED)
    assert visit(staff("view_message"), "overview/").status == 403
    page = visit(staff("view_stream"), "overview/")
    assert page.status == 200
    assert "card-4111" not in page.html
    assert page.links["Overview"] == "/admin/eventstreaming/overview/"


def test_several_queues_are_told_as_one_by_one() -> None:
    names = ["mail", "none", "bulk"]
    enqueue_many("mail", [{"n": 1}] * 3)
    enqueue_many("bulk", [{"n": 1}] * 2, delay=60)
    dequeue("mail")
    infos = event_store.queue_infos(names)
    assert [(i.stream_name, i.ready, i.in_flight, i.delayed) for i in infos] == [
        ("mail", 2, 1, 0),
        ("none", 0, 0, 0),
        ("bulk", 0, 0, 2),
    ]
    append("orders", [NOTED] * 2)
    for name, info in zip(
        ["x", "orders"], event_store.stream_infos(["x", "orders"]), strict=True
    ):
        assert info == event_store.stream_info(name)
