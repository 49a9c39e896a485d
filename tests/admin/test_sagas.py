"""The list of sagas, a saga's history, and what operators do."""

from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from eventstreaming import read_stream
from eventstreaming.models import Message
from eventstreaming.models import Saga as SagaRow
from eventstreaming.sagas import Saga, saga, signal, start, status
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, Page, post, visit
from tests.processing.sagas.driving import Trace, own_registries, run
from tests.sessions import sessions

pytestmark = pytest.mark.django_db

STATES = {
    "done": "completed",
    "stuck": "failed, 2 failed attempts",
    "waits": "waiting",
    "undone": "compensated",
    "retried": "running, 1 failed attempt",
}


@pytest.fixture
def trace() -> Trace:
    return Trace()


@pytest.fixture
def order(trace: Trace) -> Iterator[Saga]:
    """Have sagas in five states; whose first step fails by their ids."""
    with own_registries():
        steps = [
            trace.step("reserve"),
            trace.step("charge", wait_for="paid", timeout=7200, max_attempts=2),
        ]
        found = saga("order", steps)
        for saga_id in STATES:
            trace.does.clear()
            if saga_id in ("stuck", "undone"):
                trace.fails("charge", ValueError("<b>no</b>"))
            if saga_id == "stuck":
                trace.fails("undo reserve", OSError("printer on fire"))
            if saga_id == "retried":
                trace.fails("reserve", ValueError("not yet"), times=1)
            start(found, {"cds": 2}, saga_id=saga_id)
            if saga_id != "waits":
                signal(found, saga_id, "paid", {"by": "visa"})
            run(found)
        SagaRow.objects.filter(saga_id="retried").update(state="running", attempts=1)
        trace.calls.clear()
        trace.does.clear()
        yield found


def act(client: Client, action: str, *saga_ids: str, confirm: bool = True) -> Page:
    keys = list(SagaRow.objects.filter(saga_id__in=saga_ids).values_list("pk"))
    data = {"action": action, "_selected_action": [key for (key,) in keys]}
    return post(client, "saga/", **data, **({"confirmed": "yes"} if confirm else {}))


def test_sagas_are_listed_filtered_and_found(admin_client: Client, order: Saga) -> None:
    page = visit(admin_client, "saga/")
    shown = dict(zip(page.column(1), page.column(2), strict=True))
    assert shown == {f"order/{saga_id}": state for saga_id, state in STATES.items()}
    assert list(shown) == [f"order/{saga_id}" for saga_id in reversed(STATES)]
    rows = dict(zip(page.column(1), page.rows, strict=True))
    assert rows["order/waits"][3] == "charge, waits for paid"
    assert rows["order/stuck"][4] == "OSError: printer on fire"
    for query in (
        {"state": "failed"},
        {"state": "failed", "name": "order"},
        {"q": "stuck"},
        {"q": "order/stuck"},
    ):
        assert visit(admin_client, "saga/", **query).column(1) == ["order/stuck"]
    assert visit(admin_client, "saga/", name="gone").rows == []
    page = visit(admin_client, "saga/", q="nobody")
    assert "No saga matches the filters and the search." in page.text


def test_the_list_costs_the_same_however_long_it_is(
    admin_client: Client, order: Saga, django_assert_max_num_queries: object
) -> None:
    SagaRow.objects.bulk_create(
        SagaRow(name="order", saga_id=f"n{n}", state="running", correlation_id="c")
        for n in range(150)
    )
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        page = visit(admin_client, "saga/", name="order")
    assert len(page.rows) == 100


def test_a_saga_shows_its_history(admin_client: Client, order: Saga) -> None:
    key = SagaRow.objects.get(saga_id="stuck").pk
    page = visit(admin_client, f"saga/{key}/change/")
    for told in (
        "started",
        "reserve completed",
        "the signal paid came",
        "charge attempt 1 failed, again after 0 s: ValueError: <b>no</b>",
        "charge attempt 2 failed, for good: ValueError: <b>no</b>",
        "is undone, because of charge: ValueError: <b>no</b>",
        "reserve undoing it: attempt 2 failed, for good: OSError: printer on fire",
        "reserve could not be undone: somebody has to see to it",
    ):
        assert told in page.text
    assert "<b>no" not in page.html
    assert "Traceback" in page.text
    assert f'href="{ROOT}event/?stream=saga-order%2Fstuck"' in page.html
    key = SagaRow.objects.get(saga_id="waits").pk
    page = visit(admin_client, f"saga/{key}/change/")
    assert "charge waits for the signal paid, at most 2 h 0 min" in page.text


def test_a_failed_saga_is_resumed_after_a_question(
    admin_client: Client, order: Saga
) -> None:
    page = act(admin_client, "resume_selected", "stuck", confirm=False)
    assert "Try the step at hand of 1 saga now?" in page.text
    assert status(order, "stuck").state == "failed"
    data = {"action": "resume_selected", "select_across": "on"}
    page = post(admin_client, "saga/?state=failed", **data)
    assert "Try the step at hand of 1 saga now?" in page.text
    page = act(admin_client, "resume_selected", "stuck", "waits", "done")
    assert "1 saga goes on." in page.text
    assert "2 were passed over" in page.text
    run(order)
    assert status(order, "stuck").state == "compensated"
    assert list(LogEntry.objects.values_list("object_repr", "change_message")) == [
        ("order/stuck", "Resumed.")
    ]


def test_a_step_is_taken_as_undone(
    admin_client: Client, order: Saga, trace: Trace
) -> None:
    page = act(admin_client, "skip_selected", "stuck", "waits")
    assert "1 saga goes on." in page.text
    run(order)
    assert (status(order, "stuck").state, trace.calls) == ("compensated", [])


def test_a_waiting_saga_is_cancelled(
    admin_client: Client, order: Saga, trace: Trace
) -> None:
    page = act(admin_client, "cancel_selected", "waits", confirm=False)
    assert "Undo the completed steps of 1 saga? It does not go on." in page.text
    page = act(admin_client, "cancel_selected", "waits", "done")
    assert "1 saga goes on." in page.text
    run(order)
    assert trace.calls == ["undo reserve"]
    (reason,) = [
        event.data["reason"]
        for event in read_stream("saga-order/waits", event_types=["SagaCompensating"])
    ]
    assert reason == "cancelled by admin"


def test_actions_need_their_permissions(staff: Staff, order: Saga) -> None:
    client = staff("view_saga")
    assert 'name="action"' not in visit(client, "saga/").html
    before = Message.objects.count()
    for action in ("resume_selected", "cancel_selected", "skip_selected"):
        act(client, action, "stuck", "waits")
    assert Message.objects.count() == before
    page = visit(staff("view_saga", "cancel_saga"), "saga/")
    assert "Cancel selected" in page.html
    assert "Resume selected" not in page.html
    assert visit(staff(), "saga/").status == 403


@pytest.mark.django_db(transaction=True)
def test_a_saga_at_a_step_is_passed_over(admin_client: Client, order: Saga) -> None:
    with sessions(1) as (worker,):
        worker.begin()
        worker.run(
            lambda: list(SagaRow.objects.select_for_update().filter(saga_id="waits"))
        )
        page = act(admin_client, "cancel_selected", "waits")
    assert "1 was passed over" in page.text
    assert status(order, "waits").state == "waiting"


def test_an_undeclared_saga_is_still_shown_and_passed_over(
    admin_client: Client, order: Saga
) -> None:
    SagaRow.objects.filter(saga_id="waits").update(name="former")
    assert "former/waits" in visit(admin_client, "saga/").column(1)
    assert "1 was passed over" in act(admin_client, "cancel_selected", "waits").text


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "Declare one with saga()" in visit(admin_client, "saga/").text
