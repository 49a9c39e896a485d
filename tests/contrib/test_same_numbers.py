"""Whoever is asked, and by whatever way: the numbers are those of one function."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from health_check.views import HealthCheckView
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from demo_project.urls import urlpatterns as demo_urlpatterns
from eventstreaming import append, dequeue, enqueue, enqueue_many, nack
from eventstreaming.contrib import health_check, prometheus
from eventstreaming.contrib.prometheus import PREFIX, EventStreamingCollector
from eventstreaming.models import Checkpoint, QueueActivity
from eventstreaming.types import EventData
from tests.admin.pages import visit
from tests.admin.test_overview import cells
from tests.http.conftest import Api, everything, program  # noqa: F401
from tests.operations.histories import write_history
from tests.operations.runners import runner

CHECK = "eventstreaming.contrib.health_check.EventStreaming"

Values = dict[tuple[str, ...], float]


def metrics(request: HttpRequest) -> HttpResponse:
    registry = CollectorRegistry()
    registry.register(EventStreamingCollector())
    return HttpResponse(generate_latest(registry))


urlpatterns = [
    path("health/", HealthCheckView.as_view(checks=[CHECK])),
    path("metrics/", metrics),
    *demo_urlpatterns,
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def scraped() -> Values:
    """Return the values of a scrape by name and labels, that of the store left out."""
    text = Client().get("/metrics/").content.decode()
    return {
        (
            sample.name.removeprefix(PREFIX),
            *(
                value
                for name, value in sorted(sample.labels.items())
                if name != "store"
            ),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def health() -> tuple[int, str]:
    answer: Any = Client().get("/health/", headers={"accept": "text/plain"})
    return answer.status_code, answer.content.decode().partition(": ")[2].strip()


def eventstatus(*bounds: str) -> tuple[Any, str]:
    """Return the document, and what is beyond the bounds."""
    out, error = StringIO(), ""
    try:
        call_command("eventstatus", "--format=json", *bounds, stdout=out)
    except CommandError as found:
        error = str(found)
    return json.loads(out.getvalue()), error


def seconds(cell: str) -> int:
    """Return the age that a cell of the admin shows."""
    return int(cell.partition('datetime="PT')[2].partition("S")[0])


@pytest.fixture
def state() -> None:
    """Leave a subscription behind, and a queue with messages in every state."""
    append("order-1", EventData("Placed", {}))
    reading, _ = runner("order-*", name="billing")
    reading.run_batch()
    write_history("order-2", [1_000.0] * 3)
    Checkpoint.objects.update(progressed_at=timezone.now() - timedelta(hours=1))
    enqueue_many("mails", [{}] * 4)
    enqueue("mails", {}, delay=600)
    dequeue("mails")
    message = dequeue("mails")
    assert message
    nack("mails", message.message_id, dead_letter=True)
    QueueActivity.objects.create(
        queue="mails", done=3, failed=1, waits=[0, 4], runs=[0, 0, 4], depth=4
    )


@pytest.mark.usefixtures("state")
def test_command_http_health_check_prometheus_and_admin_say_the_same(
    everything: Api,  # noqa: F811
    settings: Settings,
    admin_client: Client,
) -> None:
    document, beyond = eventstatus(
        "--max-lag=0", "--max-stalled=0", "--max-depth=0", "--max-dead=0"
    )
    answer = everything.get("status").json()
    values = scraped()
    settings.EVENT_STREAM_HEALTH = {
        "unhealthy": {"lag": 0, "stalled": 0, "depth": 0, "dead": 0}
    }
    status, checked = health()

    (billing,) = document["subscriptions"]
    (same,) = answer["subscriptions"]
    assert billing["lag"] == same["lag"] == 3
    assert values["subscription_lag_events", "billing"] == 3
    assert billing["behind"] == pytest.approx(same["behind"], abs=10)
    for gauge in ("behind", "stalled"):
        value = values[f"subscription_{gauge}_seconds", "billing"]
        assert value == pytest.approx(billing["behind"], abs=10)
    assert values["subscription_active", "billing"] == 1

    (mails,) = document["queues"]
    (same,) = answer["queues"]
    for name, value in (("ready", 2), ("in_flight", 1), ("delayed", 1), ("blocked", 0)):
        assert mails[name] == same[name] == value
        assert values["queue_messages", "mails", name] == value
    assert mails["dead"] == same["dead"] == 1
    assert values["queue_dead_letters", "mails"] == 1
    assert values["last_position",] == document["fence"]["last_position"]
    assert answer["fence"] == document["fence"]

    page = visit(admin_client, "overview/")
    _, ready, in_flight, delayed, blocked, dead, oldest, *_, failures = cells(
        page, "mails"
    )
    shown = {"ready": ready, "in_flight": in_flight, "delayed": delayed}
    for name, text in (shown | {"blocked": blocked}).items():
        assert text == str(mails[name])
    assert f">{mails['dead']}</a>" in dead
    assert seconds(oldest) == pytest.approx(mails["oldest_age"], abs=10)
    assert f"{values['queue_failure_ratio', 'mails']:.1%}" in failures
    _, state, lag, behind, parked, progress, _ = cells(page, "billing")
    assert "stuck" in state
    assert (lag, parked) == (str(billing["lag"]), str(billing["parked_keys"]))
    for text, gauge in ((behind, "behind"), (progress, "idle")):
        assert seconds(text) == pytest.approx(billing[gauge], abs=10)

    def without_ages(text: str) -> list[str]:
        return [line for line in text.splitlines() if "no progress" not in line]

    assert (status, checked.startswith("Unavailable: ")) == (500, True)
    lines = checked.removeprefix("Unavailable: ").replace("; ", "\n")
    assert without_ages(lines) == without_ages(beyond)
    assert len(without_ages(lines)) == len(lines.splitlines()) - 1 == 3


@pytest.mark.usefixtures("state")
def test_health_has_two_levels_with_bounds_that_can_be_set(settings: Settings) -> None:
    status, text = health()
    assert text.startswith("Unavailable: subscription billing: no progress for 100")
    assert text.endswith("(allowed: 900)")
    settings.EVENT_STREAM_HEALTH = {"unhealthy": {"lag": 3}}
    status, text = health()
    assert (status, text.startswith("Warning: subscription billing: no pr")) == (
        500,
        True,
    )
    settings.EVENT_STREAM_HEALTH = {"unhealthy": {}, "degraded": {"dead": 1, "lag": 3}}
    assert health() == (200, "OK")


@pytest.mark.usefixtures("state")
def test_scrape_has_the_last_hour_and_no_label_with_many_values() -> None:
    QueueActivity.objects.create(
        queue="emptied", done=1, failed=0, waits=[], runs=[], depth=0
    )
    values = scraped()
    assert values["up",] == 1
    assert values["queue_messages", "emptied", "ready"] == 0
    assert values["queue_failure_ratio", "mails"] == 0.25
    assert values["queue_out_rate", "mails"] == pytest.approx(3 / 300)
    assert values["queue_run_seconds", "0.95", "mails"] == 0.004
    assert values["queue_wait_seconds", "0.5", "mails"] == 0.002
    assert values["workers", "alive"] == values["workers", "silent"] == 0
    assert not [key for key in values if "order-1" in key]


def test_a_database_that_does_not_answer_is_told() -> None:
    with (
        mock.patch.object(prometheus, "store_status", side_effect=OperationalError),
        mock.patch.object(health_check, "store_status", side_effect=OperationalError),
    ):
        assert scraped() == {("up",): 0}
        assert health() == (500, "Unavailable: the database did not answer")


def test_a_collector_is_registered_without_a_look_at_the_database(
    django_assert_num_queries: Any,
) -> None:
    registry = CollectorRegistry()
    with django_assert_num_queries(0):
        registry.register(EventStreamingCollector())
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(EventStreamingCollector())
