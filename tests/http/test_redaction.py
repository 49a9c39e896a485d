"""No window of programs shows what the redaction hides, in whatever part it is."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from eventstreaming.http import urls
from tests.http.conftest import Api, Caller
from tests.secret_payloads import HIDE, IN_DATA, IN_NOTES, SECRET, plant

pytestmark = pytest.mark.django_db

NAMES = ("order-1", "order", "mail", "story", "billing")
ROUTES_WITH_PAYLOAD = {
    "events",
    "all-events",
    "category",
    "live-all",
    "live-stream",
    "live-category",
    "live-correlation",
    "dead-letters",
}
COMMANDS = (
    ("readstream", "*"),
    ("readstream", "*", "--format=json"),
    ("replaystream", "*"),
    ("deadletters", "list"),
    ("deadletters", "list", "--format=json"),
    ("parkedevents", "list", "billing"),
    ("parkedevents", "list", "billing", "--format=json"),
    ("eventstatus",),
    ("eventstatus", "--format=json"),
)


def answers(api: Api) -> dict[str, str]:
    """Return what all routes answer, asked about all names."""
    found = {}
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern)
        for name in NAMES if "<" in route else ("",):
            response: Any = api.get(re.sub("<.*>", name, route))
            text = response.getvalue().decode()
            found[str(pattern.name)] = found.get(str(pattern.name), "") + text
    return found


def printed() -> dict[str, str]:
    found = {}
    for command in COMMANDS:
        out = StringIO()
        call_command(*command, stdout=out, stderr=StringIO())
        found[" ".join(command)] = out.getvalue()
    return found


def having(secret: str, texts: dict[str, str]) -> set[str]:
    return {name for name, text in texts.items() if secret in text}


def test_every_route_and_command_asks_about_data_metadata_and_headers(
    everything: Api, settings: Settings
) -> None:
    plant()
    routes, lines = answers(everything), printed()
    assert having(IN_DATA, routes) == having(IN_NOTES, routes) == ROUTES_WITH_PAYLOAD
    assert having(IN_NOTES, lines) == {
        "readstream * --format=json",
        "replaystream *",
        "deadletters list --format=json",
    }
    assert having(IN_DATA, lines) == having(IN_NOTES, lines) | {
        "readstream *",
        "parkedevents list billing --format=json",
    }
    settings.EVENT_STREAM_REDACTION = HIDE
    texts = answers(everything) | printed()
    assert having(IN_DATA, texts) == having(IN_NOTES, texts) == set()
    for part, where in (
        ("data of order-1", "events"),
        ("metadata of order-1", "live-all"),
        ("headers of mail", "dead-letters"),
        ("headers of mail", "deadletters list --format=json"),
        ("metadata of order-1", "replaystream *"),
    ):
        assert part in texts[where], where


def test_who_sees_no_payload_sees_no_error_either(
    everything: Api, program: Caller
) -> None:
    plant()
    with_errors = {"status", "subscriptions", "subscription"}
    assert having(SECRET, answers(everything)) == ROUTES_WITH_PAYLOAD | with_errors
    assert having(SECRET, answers(program("view_stream"))) == set()
