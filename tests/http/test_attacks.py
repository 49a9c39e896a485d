"""No answer is a page, whatever its payload and its address say."""

import json
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
from pytest_django import Settings

from eventstreaming import EventData, append, dequeue_many, enqueue
from tests.browser.attacks import ATTACKS
from tests.http.conftest import Api
from tests.http.event_source import Parser
from tests.http.test_access import ROUTES

pytestmark = pytest.mark.django_db

DATA = {attack: [attack] for attack in ATTACKS}
KINDS = {"application/json", "text/event-stream"}


@pytest.fixture(autouse=True)
def contents(settings: Settings) -> None:
    """Write attacks; and leave out the middleware that would say nosniff, too."""
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if "Security" not in name
    ]
    text = ATTACKS[1]
    event = EventData("Noted", DATA, metadata=DATA, key=text)
    append("orders", event, correlation_id=text)
    enqueue("jobs", EventData("Noted", DATA), headers=DATA, group_key=text)
    for message in dequeue_many("jobs", 1):
        message.nack(error="\n".join(ATTACKS), dead_letter=True)


def body(response: Any) -> str:
    content = response.getvalue() if response.streaming else response.content
    text: str = content.decode()
    return text


def test_an_answer_is_data(everything: Api) -> None:
    for address, methods in ROUTES.values():
        for method in methods:
            if method == "GET":
                assert_is_data(everything.get(address))
            else:
                assert_is_data(everything.post(address, DATA))
    assert body(everything.get("events/orders")).count("intruder") > len(ATTACKS)


def test_an_address_that_attacks_is_refused_or_unknown(everything: Api) -> None:
    named = [a for a, methods in ROUTES.values() if "/" in a and "GET" in methods]
    # Django's URLs have no line ends: such an address leads to no view.
    attacks = [attack for attack in ATTACKS if "\n" not in attack]
    for attack, address in zip(attacks, cycle(named), strict=False):
        path = f"{address.rpartition('/')[0]}/{quote(attack)}"
        response = everything.get(path)
        assert response.status_code in (200, 400, 404), path
        text = assert_is_data(response)
        if response.streaming:
            assert list(Parser().parse(text)) == []


def assert_is_data(response: Any) -> str:
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in KINDS, kind
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not {"Set-Cookie", "Location"} & {*response.headers}
    text = body(response)
    if not response.streaming:
        json.loads(text)
    return text
