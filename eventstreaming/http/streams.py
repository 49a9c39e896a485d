"""Streams and their events."""

from typing import Any

from django.http import HttpResponseBase

from eventstreaming import services
from eventstreaming.exceptions import InvalidValue
from eventstreaming.http import parameters
from eventstreaming.http.documents import event_document, stream_document
from eventstreaming.http.endpoints import Call, answer
from eventstreaming.http.problems import Problem
from eventstreaming.operations.stream_lists import streams_after
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    EventData,
    ExpectedVersion,
)

PAGE = 100
LARGEST_PAGE = 1_000


def list_streams(call: Call) -> dict[str, Any]:
    """Answer a page of streams by name; `next` continues with `after`."""
    given = parameters.query(
        call.request, after=parameters.text, limit=parameters.integer
    )
    limit = page_size(given)
    found = streams_after(given.get("after"), limit=limit + 1, store=call.store)
    page = found[:limit]
    return {
        "streams": [stream_document(info) for info in page],
        "next": page[-1].stream_name if len(found) > limit else None,
    }


def show_stream(call: Call, name: str) -> HttpResponseBase:
    """Answer a stream; its ETag is the offset of its last event."""
    parameters.query(call.request)
    info = services.stream_info(name, store=call.store)
    if not info.exists:
        raise Problem(404, "NotFound", f"there is no stream {name!r}")
    response = answer(stream_document(info))
    response.headers["ETag"] = f'"{info.last_offset}"'
    return response


def read_events(call: Call, name: str) -> dict[str, Any]:
    """Answer a page of a stream's events; `next` continues with `from_offset`."""
    given = parameters.query(
        call.request,
        from_offset=parameters.integer,
        to_offset=parameters.integer,
        limit=parameters.integer,
        backwards=parameters.flag,
        event_types=parameters.texts,
    )
    limit = page_size(given)
    given |= {"limit": limit + 1, "store": call.store}
    events = list(services.read_stream(name, **given))
    return _page(call, name, events, limit, [event.offset for event in events])


def read_category(call: Call, name: str) -> dict[str, Any]:
    """Answer a page of a category; `next` continues with `from_position`."""
    given = _positions(call)
    limit = page_size(given)
    given |= {"limit": limit + 1, "store": call.store}
    events = list(services.read_category(name, **given))
    pattern = f"{name}-*"
    return _page(call, pattern, events, limit, [event.position for event in events])


def read_all(call: Call) -> dict[str, Any]:
    """Answer a page of the whole store; `next` continues with `from_position`."""
    given = _positions(call)
    limit = page_size(given)
    given |= {"limit": limit + 1, "store": call.store}
    events = list(services.read_all(**given))
    return _page(call, "*", events, limit, [event.position for event in events])


def append_events(call: Call, name: str) -> HttpResponseBase:
    """
    Append events, all or none, and answer where they are.

    `If-Match: "7"` is the expected version, `If-Match: *` asks for a stream that
    exists, `If-None-Match: *` for one that does not. A repeated `Idempotency-Key`
    answers the first result.
    """
    given = parameters.body(call.request, ("events", "key", "metadata"))
    headers = call.request.headers
    stored = services.append(
        name,
        [_event(event, number) for number, event in enumerate(_events(given))],
        expected_version=_expected_version(headers),
        key=given.get("key"),
        metadata=given.get("metadata"),
        idempotency_key=headers.get("Idempotency-Key"),
        store=call.store,
    )
    documents = [event_document(event, payload=False) for event in stored]
    response = answer({"events": documents}, 201)
    response.headers["ETag"] = f'"{stored[-1].offset}"' if stored else '"-1"'
    return response


def page_size(given: dict[str, Any]) -> int:
    """Return the limit that was asked for, or the usual one."""
    limit: int = given.get("limit", PAGE)
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidValue(
            "limit", f"must be 1 to {LARGEST_PAGE}, not {limit}", limit=LARGEST_PAGE
        )
    return limit


def _positions(call: Call) -> dict[str, Any]:
    return parameters.query(
        call.request,
        from_position=parameters.integer,
        limit=parameters.integer,
        backwards=parameters.flag,
        event_types=parameters.texts,
    )


def _page(
    call: Call, name: str, events: list[Any], limit: int, places: list[int]
) -> dict[str, Any]:
    payload = call.sees_payloads(name)
    return {
        "events": [event_document(event, payload=payload) for event in events[:limit]],
        "next": places[limit] if len(events) > limit else None,
    }


def _events(given: dict[str, Any]) -> list[Any]:
    events = given.get("events")
    if not isinstance(events, list):
        raise InvalidValue("events", "must be a list of objects")
    return events


def _event(given: Any, number: int) -> EventData:
    known = {"type", "data", "metadata", "key", "schema_version"}
    if not isinstance(given, dict) or "type" not in given or given.keys() - known:
        raise InvalidValue(
            f"events[{number}]",
            "must be an object with type and data, and if need be metadata, key and "
            "schema_version",
        )
    return EventData(**{"data": None, **given})


def _expected_version(headers: Any) -> ExpectedVersion:
    match, none_match = headers.get("If-Match"), headers.get("If-None-Match")
    if none_match is not None:
        if none_match != "*" or match is not None:
            raise InvalidValue("If-None-Match", "must be *, without If-Match")
        return NO_STREAM
    if match is None:
        return ANY_VERSION
    if match == "*":
        return STREAM_EXISTS
    if not (len(match) > 2 and match[0] == match[-1] == '"'):
        raise InvalidValue("If-Match", 'must be * or an offset in quotes, as "7"')
    return parameters.integer(match[1:-1], "If-Match")
