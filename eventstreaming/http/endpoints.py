"""
Making a view of functions, one for each method, and a permission for each.

A view is closed until the project opens the interface, answers in JSON, and
asks a caller known by a cookie for the CSRF token. The function is called with
the Call and what the URL names; what it returns is the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.events.patterns import ALL
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.http.access import Grant, grant_for, is_open
from eventstreaming.http.problems import (
    CLOSED,
    FORBIDDEN,
    UNKNOWN,
    Problem,
    problem_of,
)
from eventstreaming.operations.permissions import Permission

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is allowed: the request, its caller, and the store."""

    request: HttpRequest
    grant: Grant
    store: str

    def sees_payloads(self, name: str) -> bool:
        """Say whether data, metadata and headers may be answered."""
        return self.grant.allows(Permission.VIEW_PAYLOAD, name)


Answer = HttpResponseBase | dict[str, Any] | list[Any]
Function = Callable[..., Answer]
View = Callable[..., HttpResponseBase]


def endpoint(*, pattern: str = "%s", **methods: tuple[Permission, Function]) -> View:
    """
    Return a view: `endpoint(GET=(Permission.VIEW, list_streams))`.

    The permission is asked for the `name` in the URL, as `pattern` says, and for
    `*` where it has none. The view has the attribute `permissions`, by method.
    """

    @csrf_exempt  # asked for below, where it is known how the caller is known
    @never_cache
    def view(request: HttpRequest, **named: str) -> HttpResponseBase:
        try:
            permission, function = _method(request, methods)
            name = pattern % named["name"] if "name" in named else ALL
            call = authorize(request, permission, name)
            response = answer(function(call, **named))
        except EventStreamingError as error:
            response = refusal(problem_of(error))
        except Problem as problem:
            response = refusal(problem)
        # Whatever a payload looks like, no browser takes an answer for a page.
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    view.permissions = {name: pair[0] for name, pair in methods.items()}  # type: ignore[attr-defined]
    return view


def authorize(request: HttpRequest, permission: Permission, name: str) -> Call:
    """Return the call, or raise the Problem that says what is missing."""
    if not is_open():
        raise CLOSED
    grant = grant_for(request)
    if grant is None:
        raise UNKNOWN
    if grant.by_cookie and request.method not in SAFE_METHODS:
        _ask_for_csrf_token(request)
    if not grant.allows(permission, name):
        raise FORBIDDEN
    store = request.GET.get("store", DEFAULT_ALIAS)
    if store not in event_stores.settings:
        detail = f"store: there is no {arguments.excerpt(store)} in EVENT_STORES"
        raise Problem(400, "InvalidValue", detail, field="store")
    return Call(request, grant, store)


def answer(content: Answer, status: int = 200) -> HttpResponseBase:
    """Return content as JSON; a response stays as it is."""
    if isinstance(content, HttpResponseBase):
        return content
    return HttpResponse(
        msgspec.json.encode(content), content_type="application/json", status=status
    )


def refusal(problem: Problem) -> HttpResponseBase:
    """Return the answer to a problem."""
    response = answer(problem.document, problem.status)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _method(
    request: HttpRequest, methods: dict[str, tuple[Permission, Function]]
) -> tuple[Permission, Function]:
    name = "GET" if request.method == "HEAD" else str(request.method)
    if name not in methods:
        allowed = ", ".join(sorted(methods))
        raise Problem(405, "MethodNotAllowed", f"allowed are {allowed}")
    return methods[name]


def _ask_for_csrf_token(request: HttpRequest) -> None:
    check = CsrfViewMiddleware(HttpResponse)
    check.process_request(request)
    # A view that asks nothing of the middleware would not be looked at.
    if check.process_view(request, HttpResponse, (), {}) is not None:
        raise Problem(403, "Forbidden", "the CSRF token is missing or wrong")
