"""Lists, the status and live answers hold what only SQL can write, too."""

import json
from io import StringIO
from urllib.parse import quote

import pytest
from django.core.management import call_command
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from eventstreaming.contrib.prometheus import EventStreamingCollector
from eventstreaming.models import Event
from tests import strange_names
from tests.http.conftest import Api
from tests.http.event_source import Parser
from tests.strange_names import NAMES

pytestmark = pytest.mark.django_db

EVERY = set(NAMES)


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    strange_names.fill()


def test_lists_and_live_answers_have_every_name(everything: Api) -> None:
    for address, key in (
        ("streams", "name"),
        ("queues", "name"),
        ("subscriptions", "name"),
    ):
        found = everything.get(
            f"{address}?limit=1000" if address == "streams" else address
        )
        assert {item[key] for item in found.json()[address]} >= EVERY, address
    status = everything.get("status?limit=100").json()
    for part, key in (
        ("streams", "stream_name"),
        ("queues", "stream_name"),
        ("subscriptions", "name"),
        ("schedules", "name"),
        ("growth", "stream_name"),
        ("activity", "queue"),
    ):
        assert {item[key] for item in status[part]} >= EVERY, part
    events = everything.get("events?limit=1000").json()["events"]
    body = everything.get("live").getvalue().decode()
    live = [json.loads(event.data) for event in Parser().parse(body)]
    assert len(events) == len(live) == Event.objects.count()
    for found in (events, live):
        assert {event["stream_name"] for event in found} >= EVERY
        assert {event["event_type"] for event in found} >= EVERY


def test_a_page_after_such_a_stream_goes_on(everything: Api) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = everything.get(f"streams?limit=7{after}").json()
        seen += [stream["name"] for stream in page["streams"]]
        if page["next"] is None:
            break
        after = f"&after={quote(page['next'])}"
    assert set(seen) >= EVERY
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("store", ["default", "by_the_orm"])
def test_the_command_has_every_name(store: str, settings: Settings) -> None:
    backend = "eventstreaming.backends.database.DatabaseEventStore"
    settings.EVENT_STORES = {"default": {}, "by_the_orm": {"BACKEND": backend}}
    out = StringIO()
    call_command("eventstatus", "--format=json", f"--store={store}", stdout=out)
    assert {
        queue["stream_name"] for queue in json.loads(out.getvalue())["queues"]
    } >= EVERY
    out = StringIO()
    call_command("eventstatus", "--limit=100", f"--store={store}", stdout=out)
    lines = out.getvalue().rstrip("\n").split("\n")
    assert all(line.isprintable() for line in lines)
    assert sum(line.startswith("line\\nbreak\\r  ") for line in lines) >= 4


def test_the_collector_has_every_name() -> None:
    registry = CollectorRegistry()
    registry.register(EventStreamingCollector())
    text = generate_latest(registry).decode()
    samples = [
        sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    for label in ("queue", "subscription"):
        assert {sample.labels.get(label) for sample in samples} >= EVERY, label
