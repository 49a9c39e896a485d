"""
Live answers: server-sent events under ASGI, by reconnecting under WSGI.

`from` is the first place (default: the beginning) or `end`; a client that comes
again sends `Last-Event-ID`, and misses and repeats nothing. A WSGI server has a
thread for each open answer, so there the answer ends with what is there, and the
client comes again after two seconds.
"""

from collections.abc import Callable

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase, StreamingHttpResponse

from eventstreaming.exceptions import InvalidValue
from eventstreaming.http import parameters
from eventstreaming.http.access import grant_for
from eventstreaming.http.endpoints import Call
from eventstreaming.http.live.frames import MEDIA_TYPE
from eventstreaming.http.live.sources import (
    CorrelationSource,
    PositionSource,
    Source,
    StreamSource,
)
from eventstreaming.http.live.streaming import LiveAnswer
from eventstreaming.operations.permissions import Permission


def watch_stream(call: Call, name: str) -> HttpResponseBase:
    """Answer a stream's events; ids are offsets."""
    return _live(call, StreamSource(name, call.store), name)


def watch_category(call: Call, name: str) -> HttpResponseBase:
    """Answer the events of a category; ids are positions."""
    return _live(call, PositionSource(name, call.store), f"{name}-*")


def watch_all(call: Call) -> HttpResponseBase:
    """Answer all events; ids are positions."""
    return _live(call, PositionSource(None, call.store), "*")


def watch_correlation(call: Call, correlation_id: str) -> HttpResponseBase:
    """Answer the events of a correlation id; ids are positions."""
    return _live(call, CorrelationSource(correlation_id, call.store), "*")


def _live(call: Call, source: Source, name: str) -> HttpResponseBase:
    source.check()
    body = LiveAnswer(
        source,
        _first(call, source),
        payload=call.sees_payloads(name),
        may_go_on=_right_of(call, name),
    )
    content = (
        body.frames()
        if isinstance(call.request, ASGIRequest)
        else list(body.frames_of_now())
    )
    response = StreamingHttpResponse(content, content_type=MEDIA_TYPE)
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold frames back
    return response


def _first(call: Call, source: Source) -> int | None:
    given = parameters.query(call.request, **{"from": parameters.text})
    last_seen = call.request.headers.get("Last-Event-ID")
    if last_seen:
        return parameters.integer(last_seen, "Last-Event-ID") + 1
    start = given.get("from")
    if start == "end":
        return None
    if start is None:
        return source.followed.beginning
    first = parameters.integer(start, "from")
    if first < 0:
        raise InvalidValue("from", "must be 0 or more, or 'end'", limit=0)
    return first


def _right_of(call: Call, name: str) -> Callable[[], bool]:
    """Return what looks whether the caller has the same rights as at first."""
    payload = call.sees_payloads(name)

    def may_go_on() -> bool:
        grant = grant_for(call.request)
        return (
            grant is not None
            and grant.actor == call.grant.actor
            and grant.allows(Permission.VIEW, name)
            and (not payload or grant.allows(Permission.VIEW_PAYLOAD, name))
        )

    return may_go_on
