"""The list of subscriptions: checkpoint, lag, error, and resuming."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eventstreaming import EventData, append
from eventstreaming.models import Checkpoint, Event, Stream, Subscription
from eventstreaming.operations import lags
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit

pytestmark = pytest.mark.django_db

ACTION = "resume_selected"


def subscribe(name: str, source: str, **checkpoint: object) -> Subscription:
    """Write the rows that a worker writes."""
    row = Subscription.objects.create(name=name, source=source)
    Checkpoint.objects.create(subscription=row, **checkpoint)
    return row


@pytest.fixture
def stopped() -> Subscription:
    row = subscribe(
        "billing",
        "order-*",
        attempts=5,
        error="<StoredEvent>\nTraceback (most recent call last):\n  x\nValueError: <no>",
    )
    Subscription.objects.update(state=Subscription.State.STOPPED)
    return row


def lag_of(client: Client, name: str) -> str:
    rows = visit(client, "subscription/").rows
    return {row[1]: row[5] for row in rows}[name]


def test_subscriptions_show_where_they_are(
    admin_client: Client, stopped: Subscription
) -> None:
    append("orders", [EventData("OrderPlaced", {}) for _ in range(4)])
    subscribe("mails", "orders", offset=1, progressed_at=timezone.now())
    subscribe("new", "orders")
    page = visit(admin_client, "subscription/")
    assert page.column(1) == ["billing", "mails", "new"]
    assert page.column(2) == ["order-*", "orders", "orders"]
    assert page.column(3) == ["stopped, 5 failed attempts", "active", "active"]
    assert page.column(4) == ["at the beginning", "offset 1", "at the beginning"]
    assert page.column(5) == ["0", "2", "4"]
    assert page.column(7) == ["ValueError: <no>", "-", "-"]
    assert page.links["orders"] == f"{ROOT}event/?stream=orders"
    assert page.links["order-*"] == f"{ROOT}event/?category=order"
    assert "ValueError: <no>" not in page.html


def test_lag_of_a_category_and_of_all(admin_client: Client) -> None:
    (first,) = append("order-1", EventData("OrderPlaced", {}))
    append("order-2", [EventData("OrderPlaced", {}) for _ in range(3)])
    (last,) = append("user-1", EventData("UserRegistered", {}))
    subscribe("orders", "order-*", position=first.position)
    subscribe("audit", "*", position=first.position)
    subscribe("all", "*")
    subscribe("done", "*", position=last.position)
    assert lag_of(admin_client, "orders") == "3"
    assert lag_of(admin_client, "audit") == "4"
    assert lag_of(admin_client, "all") == "5"
    assert lag_of(admin_client, "done") == "0"


def test_lag_of_a_stream(admin_client: Client) -> None:
    append("orders", [EventData("OrderPlaced", {}) for _ in range(10)])
    subscribe("nowhere", "no-such-stream")
    subscribe("behind", "orders", offset=1)
    Stream.objects.filter(name="orders").update(first_offset=6)
    subscribe("truncated", "orders")
    assert lag_of(admin_client, "nowhere") == "0"
    assert lag_of(admin_client, "behind") == "4"  # the others are no longer kept
    assert lag_of(admin_client, "truncated") == "4"


def test_lag_of_a_concurrent_stream_is_counted(admin_client: Client) -> None:
    append("order-1", [EventData("OrderPlaced", {}) for _ in range(5)])
    stream = Stream.objects.create(
        name="clicks", category="clicks", kind=Stream.Kind.CONCURRENT
    )
    for number in range(3):
        Event.objects.create(
            stream=stream,
            category="clicks",
            offset=1_000 + 50 * number,
            bucket=0,
            event_type="Clicked",
            event_id=f"00000000-0000-7000-8000-00000000000{number}",
            data={},
        )
    subscribe("clicks", "clicks", offset=1_000)
    subscribe("new", "clicks")
    assert lag_of(admin_client, "clicks") == "2"
    assert lag_of(admin_client, "new") == "3"


@pytest.mark.parametrize("source", ["order-*", "*", "orders"])
def test_a_large_lag_is_not_counted_to_the_end(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(lags, "BOUND", 4)
    monkeypatch.setattr("eventstreaming.admin.subscriptions.BOUND", 4)
    append("order-1", [EventData("OrderPlaced", {}) for _ in range(9)])
    append("orders", [EventData("OrderPlaced", {}) for _ in range(9)])
    subscribe("late", source)
    assert lag_of(admin_client, "late") == "4+"


def test_the_slowest_partition_counts(admin_client: Client) -> None:
    events = append("order-1", [EventData("OrderPlaced", {}) for _ in range(6)])
    row = subscribe("orders", "order-*", position=events[4].position)
    Checkpoint.objects.create(
        subscription=row, partition=1, position=events[1].position
    )
    page = visit(admin_client, "subscription/")
    assert page.rows[0][4:6] == [f"position {events[1].position}", "4"]


def test_the_page_of_a_subscription(
    admin_client: Client, stopped: Subscription
) -> None:
    page = visit(admin_client, f"subscription/{stopped.pk}/change/")
    assert "Traceback (most recent call last)" in page.text
    assert "Checkpoints" in page.text
    assert "stopped, 5 failed attempts" in page.text
    assert "ValueError: <no>" not in page.html
    assert "Save" not in page.text
    assert "Add another" not in page.text


def test_resume_lets_workers_go_on(admin_client: Client, stopped: Subscription) -> None:
    other = subscribe("other", "*", attempts=1, error="still trying", position=3)
    page = post(
        admin_client,
        "subscription/",
        action=ACTION,
        _selected_action=[stopped.pk, other.pk],
    )
    assert "1 subscription was resumed." in page.text
    stopped.refresh_from_db()
    assert stopped.state == Subscription.State.ACTIVE
    checkpoint = stopped.checkpoints.get()
    assert (checkpoint.attempts, checkpoint.error) == (0, "")
    assert other.checkpoints.get().error == "still trying"
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == ("billing", "Resumed.")


def test_resume_of_what_is_not_stopped(admin_client: Client) -> None:
    row = subscribe("billing", "*")
    page = post(admin_client, "subscription/", action=ACTION, _selected_action=[row.pk])
    assert "0 subscriptions were resumed." in page.text
    assert not LogEntry.objects.exists()


def test_resume_needs_its_permission(staff: Staff, stopped: Subscription) -> None:
    viewer = staff("view_subscription")
    assert "Resume" not in visit(viewer, "subscription/").text
    data = {"action": ACTION, "_selected_action": [stopped.pk]}
    post(viewer, "subscription/", **data)
    stopped.refresh_from_db()
    assert stopped.state == Subscription.State.STOPPED

    operator = staff("view_subscription", "resume_subscription")
    assert "Resume" in visit(operator, "subscription/").text
    post(operator, "subscription/", **data)
    stopped.refresh_from_db()
    assert stopped.state == Subscription.State.ACTIVE


def test_nobody_changes_a_subscription(
    admin_client: Client, stopped: Subscription
) -> None:
    url = f"{ROOT}subscription/{stopped.pk}/"
    assert admin_client.post(f"{url}change/", {"name": "x"}).status_code == 403
    assert admin_client.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{ROOT}subscription/add/").status_code == 403


def test_a_page_of_100_subscriptions_costs_four_queries(
    admin_client: Client, many_events: Callable[[int], None]
) -> None:
    many_events(100)
    for number in range(120):
        source = ("order-*", "*", "order-3")[number % 3]
        subscribe(f"reader-{number:03}", source)
    with CaptureQueriesContext(connection) as queries:
        page = visit(admin_client, "subscription/")
    assert len(page.rows) == 100
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming" in q["sql"]]
    assert len(own) == 4  # subscriptions, checkpoints, streams, lags


def test_search_by_name(admin_client: Client, stopped: Subscription) -> None:
    assert visit(admin_client, "subscription/", q="illin").column(1) == ["billing"]
    page = visit(admin_client, "subscription/", q="nothing")
    assert "No subscription has such a name." in page.text


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    text = visit(admin_client, "subscription/").text
    assert "Declare one with @subscription" in text


def test_a_projection_names_its_models(admin_client: Client) -> None:
    for name, text in [("customer-spending", "shop.CustomerSpending"), ("plain", "-")]:
        row = subscribe(name, "orders")
        page = visit(admin_client, f"subscription/{row.pk}/change/")
        assert f'<div class="readonly">{text}</div>' in page.html, name
