"""Who may do what: every route, every method, every right."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import URLPattern
from pytest_django import Settings

from eventstreaming import EventData, append, read_stream
from eventstreaming.http import urls
from eventstreaming.http.access import ways
from eventstreaming.http.access.tokens import tokens
from eventstreaming.operations.permissions import Permission
from tests.http.conftest import ADDRESS, Api, Caller

# Each route of the URL conf stands here, with an address and what it needs.
ROUTES: dict[str, tuple[str, dict[str, str]]] = {
    "status": ("status", {"GET": "view_stream"}),
    "streams": ("streams", {"GET": "view_stream"}),
    "stream": ("streams/orders", {"GET": "view_stream"}),
    "all-events": ("events", {"GET": "view_stream"}),
    "events": ("events/orders", {"GET": "view_stream", "POST": "publish"}),
    "category": ("categories/order", {"GET": "view_stream"}),
    "live-all": ("live", {"GET": "view_stream"}),
    "live-stream": ("live/streams/orders", {"GET": "view_stream"}),
    "live-category": ("live/categories/order", {"GET": "view_stream"}),
    "live-correlation": ("live/correlations/a/b", {"GET": "view_stream"}),
    "queues": ("queues", {"GET": "view_stream"}),
    "queue": ("queues/jobs", {"GET": "view_stream"}),
    "messages": ("messages/jobs", {"POST": "publish"}),
    "dead-letters": ("dead-letters/jobs", {"GET": "view_stream"}),
    "redrive": ("redrive/jobs", {"POST": "operate"}),
    "discard": ("discard/jobs", {"POST": "delete_history"}),
    "subscriptions": ("subscriptions", {"GET": "view_stream"}),
    "subscription": ("subscriptions/billing", {"GET": "view_stream"}),
    "reset": ("reset/billing", {"POST": "operate"}),
}
RIGHTS = [permission.value for permission in Permission]
CASES = [
    (address, method, needed)
    for address, methods in ROUTES.values()
    for method, needed in methods.items()
]


def test_every_route_has_a_row_and_what_it_needs() -> None:
    found = {
        pattern.name: {m: p.value for m, p in pattern.callback.permissions.items()}  # type: ignore[attr-defined]
        for pattern in urls.urlpatterns
        if isinstance(pattern, URLPattern)
    }
    assert found == {name: methods for name, (_, methods) in ROUTES.items()}
    assert len(found) == len(urls.urlpatterns)


def call(api: Api, method: str, address: str) -> Any:
    return api.get(address) if method == "GET" else api.post(address, {})


@pytest.mark.parametrize(("address", "method", "needed"), CASES)
def test_each_right_opens_what_it_is_for_and_nothing_else(
    address: str, method: str, needed: str, person: Caller, program: Caller
) -> None:
    assert call(Api(Client()), method, address).status_code == 401
    for right in RIGHTS:
        for caller in (person(right), program(right)):
            status = call(caller, method, address).status_code
            assert (status != 403) == (right == needed), (right, caller.headers)
            assert status < 500


@pytest.mark.parametrize(("address", "method", "needed"), CASES)
def test_all_is_closed_until_it_is_configured(
    address: str,
    method: str,
    needed: str,
    settings: Settings,
    admin_client: Client,
) -> None:
    del settings.EVENT_STREAM_HTTP_ACCESS
    response = call(Api(admin_client), method, address)
    assert (response.status_code, response.json()["error"]) == (403, "Closed")


@pytest.mark.parametrize("address", [address for address, _ in ROUTES.values()])
def test_other_methods_are_refused(address: str, everything: Api) -> None:
    response = everything.client.delete(
        f"{ADDRESS}/{address}", headers=everything.headers
    )
    assert (response.status_code, response.json()["error"]) == (405, "MethodNotAllowed")


def test_a_person_needs_the_csrf_token_and_a_program_does_not(
    person: Caller, program: Caller
) -> None:
    document = {"events": [{"type": "Noted", "data": 1}]}
    response = person("publish", csrf=True).post("events/notes", document)
    assert (response.status_code, response.json()["detail"]) == (
        403,
        "the CSRF token is missing or wrong",
    )
    assert list(read_stream("notes")) == []
    assert program("publish").post("events/notes", document).status_code == 201


def test_payloads_are_a_right_of_their_own(program: Caller) -> None:
    append("notes", EventData("Noted", {"secret": 1}, metadata={"also": 2}))
    (event,) = program("view_stream").get("events/notes").json()["events"]
    assert not {"data", "metadata"} & event.keys()
    (event,) = (
        program("view_stream", "view_payload").get("events/notes").json()["events"]
    )
    assert (event["data"], event["metadata"]) == ({"secret": 1}, {"also": 2})


def test_a_token_is_bound_to_names_and_to_its_last_day(program: Caller) -> None:
    orders = program("view_stream", names=["order-*", "notes"])
    found = {
        address: orders.get(address).status_code
        for address in (
            "events/order-1",
            "categories/order",
            "events/notes",
            "events/orders",
            "categories/ord",
            "events",
            "streams",
        )
    }
    assert list(found.values()) == [200, 200, 200, 403, 403, 403, 403]
    old = program("view_stream", expires="2026-01-31")
    assert old.get("streams").status_code == 401
    assert (
        program("view_stream", expires="9999-12-31").get("streams").status_code == 200
    )


def test_wrong_settings_are_named(settings: Settings) -> None:
    settings.EVENT_STREAM_HTTP_ACCESS = ["no.such.thing"]
    with pytest.raises(ImproperlyConfigured, match="EVENT_STREAM_HTTP_ACCESS"):
        ways()
    digest = "0" * 64
    for entry in (
        {"name": "a", "sha256": digest, "permissions": ["all"]},
        {"name": "a", "sha256": digest[:-1], "permissions": []},
        {"name": "a", "sha256": digest, "permissions": [], "name_": 1},
        {"name": "a", "sha256": digest, "permissions": [], "names": ["*x"]},
        "a",
    ):
        settings.EVENT_STREAM_HTTP_TOKENS = [entry]
        with pytest.raises(ImproperlyConfigured, match=r"EVENT_STREAM_HTTP_TOKENS\[0]"):
            tokens()
