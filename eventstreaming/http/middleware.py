"""
One correlation id for everything that a request causes.

    MIDDLEWARE = ["eventstreaming.http.middleware.correlation_middleware", ...]

The header is that of the setting EVENT_STREAM_CORRELATION_HEADER, by default
X-Correlation-ID.
"""

import re
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from eventstreaming.events.correlation import correlation_scope

SETTING = "EVENT_STREAM_CORRELATION_HEADER"
DEFAULT_HEADER = "X-Correlation-ID"
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,255}")

Response = HttpResponseBase | Awaitable[HttpResponseBase]


@sync_and_async_middleware
def correlation_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], Response]:
    """
    Take the request's correlation id, or make one, and answer with it.

    An id that is too long or has unusual characters is replaced, not refused:
    it comes from outside and ends up in logs. Raise ImproperlyConfigured when
    the setting is no name of a header.
    """
    header = _header()
    if iscoroutinefunction(get_response):

        async def middleware_async(request: HttpRequest) -> HttpResponseBase:
            with correlation_scope(_given_id(request, header)) as correlation_id:
                response: HttpResponseBase = await get_response(request)
            response.headers[header] = correlation_id
            return response

        return middleware_async

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with correlation_scope(_given_id(request, header)) as correlation_id:
            response: HttpResponseBase = get_response(request)
        response.headers[header] = correlation_id
        return response

    return middleware


def _header() -> str:
    name = getattr(settings, SETTING, DEFAULT_HEADER)
    if not isinstance(name, str) or not _HEADER.fullmatch(name):
        raise ImproperlyConfigured(f"{SETTING} must be the name of a header")
    return name


def _given_id(request: HttpRequest, header: str) -> str | None:
    value = request.headers.get(header, "")
    return value if _ACCEPTED.fullmatch(value) else None
