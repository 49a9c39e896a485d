"""What a request writes carries the request's correlation id."""

import asyncio
import logging

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from eventstreaming import EventData, append
from eventstreaming.events.correlation import current_correlation
from eventstreaming.events.logging import CorrelationFilter
from eventstreaming.http.middleware import correlation_middleware


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(current_correlation().correlation_id)


def get(header: str | None) -> HttpResponse:
    headers = {} if header is None else {"X-Correlation-ID": header}
    request = RequestFactory().get("/", headers=headers)
    return correlation_middleware(view)(request)


def test_given_id_is_used_and_answered() -> None:
    response = get("story-1")
    assert response.content == b"story-1"
    assert response.headers["X-Correlation-ID"] == "story-1"
    assert current_correlation().correlation_id is None


@pytest.mark.parametrize(
    "header", [None, "", "a" * 256, "two words", "line\x0bbreak", "é"]
)
def test_missing_or_unusual_id_is_replaced(header: str | None) -> None:
    response = get(header)
    assert response.headers["X-Correlation-ID"] == response.content.decode()
    assert len(response.content) == 36


@override_settings(EVENT_STREAM_CORRELATION_HEADER="X-Request-ID")
def test_the_header_is_a_setting() -> None:
    headers = {"X-Request-ID": "story-1", "X-Correlation-ID": "other"}
    request = RequestFactory().get("/", headers=headers)
    response = correlation_middleware(view)(request)
    assert response.content == b"story-1"
    assert response.headers["x-request-id"] == "story-1"
    assert "X-Correlation-ID" not in response.headers


@pytest.mark.parametrize("name", ["", "X Request", "X-Request-ID:", None, 7])
def test_what_is_no_header_is_refused(name: object) -> None:
    with (
        override_settings(EVENT_STREAM_CORRELATION_HEADER=name),
        pytest.raises(ImproperlyConfigured, match="EVENT_STREAM_CORRELATION_HEADER"),
    ):
        correlation_middleware(view)


def test_a_failing_view_leaves_no_id_behind() -> None:
    def failing_view(request: HttpRequest) -> HttpResponse:
        raise LookupError

    with pytest.raises(LookupError):
        correlation_middleware(failing_view)(RequestFactory().get("/"))
    assert current_correlation().correlation_id is None


def test_two_requests_have_two_ids() -> None:
    assert get(None).content != get(None).content


def test_async_views_have_ids_of_their_own() -> None:
    async def async_view(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0.01)
        return await sync_to_async(view)(request)

    async def both() -> list[HttpResponse]:
        handle = correlation_middleware(async_view)
        requests = [
            RequestFactory().get("/", headers={"X-Correlation-ID": name})
            for name in ("one", "two")
        ]
        return await asyncio.gather(*(handle(request) for request in requests))

    assert [response.content for response in asyncio.run(both())] == [b"one", b"two"]


@pytest.mark.django_db
def test_events_of_a_request_carry_its_id() -> None:
    def writing_view(request: HttpRequest) -> HttpResponse:
        (event,) = append("orders", EventData("Placed", {}))
        return HttpResponse(event.correlation_id)

    request = RequestFactory().get("/", headers={"X-Correlation-ID": "story-2"})
    assert correlation_middleware(writing_view)(request).content == b"story-2"


def test_log_records_carry_the_ids() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "text", None, None)
    seen = []

    def logging_view(request: HttpRequest) -> HttpResponse:
        CorrelationFilter().filter(record)
        seen.append(record.correlation_id)
        return HttpResponse()

    request = RequestFactory().get("/", headers={"X-Correlation-ID": "story-3"})
    correlation_middleware(logging_view)(request)
    CorrelationFilter().filter(record)
    assert [*seen, record.correlation_id] == ["story-3", "-"]
