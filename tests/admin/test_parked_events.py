"""The list of parked events: what it shows, and what an operator may do."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from eventstreaming.models import ParkedEvent
from eventstreaming.operations.parked_events import parked_events
from eventstreaming.processing.subscriptions import SubscriptionRunner
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit
from tests.processing.groups import append_keys, work_off, worker

pytestmark = pytest.mark.django_db

PATH = "parkedevent/"


class Invoice:
    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __call__(self, event: Any) -> None:
        if event.data["number"] == 7:
            raise ValueError("<too> much")
        self.numbers.append(event.data["number"])


@pytest.fixture
def invoices() -> SubscriptionRunner:
    append_keys(20, keys=5)
    group = worker(Invoice(), name="invoices", partitions=2, max_attempts=1)
    work_off(group)
    return group


def head() -> ParkedEvent:
    return ParkedEvent.objects.get(state=ParkedEvent.State.FAILED)


def test_it_shows_what_waits_and_why(
    admin_client: Client, invoices: SubscriptionRunner
) -> None:
    page = visit(admin_client, PATH)
    assert page.column(2) == ["invoices"] * 3
    assert page.column(3) == ["2-key"] * 3
    assert "ValueError: <too> much" in page.column(7)
    assert "<too>" not in page.html
    assert sorted(page.column(5)) == ["failed", *["waits behind another"] * 2]
    assert len(visit(admin_client, PATH, subscription="other").rows) == 0
    assert "ValueError" in visit(admin_client, f"{PATH}{head().pk}/change/").text


def test_edit_and_replay(admin_client: Client, invoices: SubscriptionRunner) -> None:
    row = head()
    page = post(admin_client, f"{PATH}{row.pk}/change/", edited_data="[NaN")
    assert "Enter a valid JSON." in page.text
    post(admin_client, f"{PATH}{row.pk}/change/", edited_data='{"number": 70}')
    keys = [item.pk for item in ParkedEvent.objects.all()]
    data = {"action": "replay_selected", "_selected_action": keys}
    page = post(admin_client, PATH, **data)
    assert "Try the keys of 3 parked events again?" in page.text
    page = post(admin_client, PATH, **data, confirmed="yes")
    assert "3 events are tried again, each key in its order." in page.text
    work_off(invoices)
    handler: Any = invoices.subscription.function
    assert handler.numbers[-3:] == [70, 12, 17]
    assert parked_events("invoices") == []
    assert LogEntry.objects.filter(change_message="To be tried again.").count() == 3


def test_skipping_asks_first(
    admin_client: Client, invoices: SubscriptionRunner
) -> None:
    everything = {"action": "skip_selected", "select_across": "on"}
    page = post(admin_client, f"{PATH}?subscription=invoices", **everything)
    assert "Skip 3 events for good?" in page.text
    page = post(admin_client, f"{PATH}?subscription=other", **everything)
    assert "none of them is there any more" in page.text
    data = {"action": "skip_selected", "_selected_action": [head().pk]}
    page = post(admin_client, PATH, **data)
    assert "Skip 1 event for good?" in page.text
    assert ParkedEvent.objects.count() == 3
    page = post(admin_client, PATH, **data, confirmed="yes")
    assert "1 event was skipped." in page.text
    work_off(invoices)
    handler: Any = invoices.subscription.function
    assert handler.numbers[-2:] == [12, 17]


def test_each_right_is_needed(staff: Staff, invoices: SubscriptionRunner) -> None:
    viewer = staff("view_parkedevent")
    text = visit(viewer, PATH).text
    assert "Try the keys" not in text
    assert "Skip selected" not in text
    for action in ("replay_selected", "skip_selected"):
        post(viewer, PATH, action=action, _selected_action=[head().pk], confirmed="y")
    url = f"{ROOT}{PATH}{head().pk}/change/"
    assert viewer.post(url, {"edited_data": "{}"}).status_code == 403
    assert head().edited_data is None
    assert ParkedEvent.objects.count() == 3
    operator = staff("view_parkedevent", "replay_parkedevent")
    assert "Try the keys" in visit(operator, PATH).text


def test_an_empty_list_says_what_comes_here(admin_client: Client) -> None:
    assert "No event is parked." in visit(admin_client, PATH).text
