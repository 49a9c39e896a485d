"""
Who may do what over HTTP. Closed until the project says how it is to be decided.

    EVENT_STREAM_HTTP_ACCESS = [
        "eventstreaming.http.access.sessions.by_session",
        "eventstreaming.http.access.tokens.by_token",
    ]

Each entry is a function of the request that returns a Grant, or None when it
does not know the caller; the first grant counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.module_loading import import_string

from eventstreaming.operations.permissions import Permission

SETTING = "EVENT_STREAM_HTTP_ACCESS"

Allows = Callable[[Permission, str], bool]


@dataclass(frozen=True, slots=True)
class Grant:
    """
    What one caller may do.

    `allows` is asked with a permission and what it is for: the name of a stream
    or queue, `order-*` for a category, `*` for everything. A caller known
    `by_cookie` has to send the CSRF token to change something.
    """

    actor: str
    allows: Allows = field(repr=False)
    by_cookie: bool


Access = Callable[[HttpRequest], Grant | None]


def is_open() -> bool:
    """Say whether the project has opened the interface."""
    return bool(getattr(settings, SETTING, ()))


def grant_for(request: HttpRequest) -> Grant | None:
    """
    Return what the caller may do, asked anew at every call; None if unknown.

    Raise ImproperlyConfigured when the setting is wrong.
    """
    for access in ways():
        grant = access(request)
        if grant is not None:
            return grant
    return None


def ways() -> list[Access]:
    """Return the functions that the setting names."""
    paths = getattr(settings, SETTING, ())
    if not isinstance(paths, list | tuple):
        raise ImproperlyConfigured(f"{SETTING} must be a list of dotted paths")
    try:
        found = [import_string(path) for path in paths]
    except (ImportError, AttributeError) as error:
        raise ImproperlyConfigured(f"{SETTING}: {error}") from error
    if not all(map(callable, found)):
        raise ImproperlyConfigured(f"{SETTING} names something that is no function")
    return found
