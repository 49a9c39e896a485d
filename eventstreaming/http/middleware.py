"""
One correlation id for everything that a request causes.

    MIDDLEWARE = ["eventstreaming.http.middleware.correlation_middleware", ...]
"""

import re
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from eventstreaming.events.correlation import correlation_scope

HEADER = "X-Correlation-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,255}")

Response = HttpResponseBase | Awaitable[HttpResponseBase]


@sync_and_async_middleware
def correlation_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], Response]:
    """
    Take the request's X-Correlation-ID, or make one, and answer with it.

    An id that is too long or has unusual characters is replaced, not refused:
    it comes from outside and ends up in logs.
    """
    if iscoroutinefunction(get_response):

        async def middleware_async(request: HttpRequest) -> HttpResponseBase:
            with correlation_scope(_given_id(request)) as correlation_id:
                response: HttpResponseBase = await get_response(request)
            response.headers[HEADER] = correlation_id
            return response

        return middleware_async

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with correlation_scope(_given_id(request)) as correlation_id:
            response: HttpResponseBase = get_response(request)
        response.headers[HEADER] = correlation_id
        return response

    return middleware


def _given_id(request: HttpRequest) -> str | None:
    value = request.headers.get(HEADER, "")
    return value if _ACCEPTED.fullmatch(value) else None
