"""Access for people who are logged in, by Django's permissions."""

from copy import copy

from django.contrib.auth import get_user
from django.http import HttpRequest

from eventstreaming.http.access import Grant
from eventstreaming.operations.permissions import Permission


def by_session(request: HttpRequest) -> Grant | None:
    """
    Grant what the user of the session may do; None without a logged-in user.

    Session and user are read again each time, so that a live answer ends when
    the right to it does.
    """
    session = getattr(request, "session", None)
    if session is None or session.session_key is None:
        return None
    fresh = copy(request)
    fresh.session = type(session)(session.session_key)
    user = get_user(fresh)
    if not user.is_active:  # AnonymousUser is not, either
        return None

    def allows(permission: Permission, name: str) -> bool:
        return user.has_perm(permission.label)

    return Grant(user.get_username(), allows, by_cookie=True)
