"""Admin actions, on an object's own page, too, where Django can (6.1)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin import options
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

F = TypeVar("F", bound=Callable[..., Any])


def operator_action(
    *, permissions: Sequence[str], description: Any, description_plural: Any
) -> Callable[[F], F]:
    """Declare an action that only the holders of a permission see."""
    if not hasattr(options, "ActionLocation"):
        return admin.action(permissions=permissions, description=description_plural)
    return admin.action(
        permissions=permissions,
        description=description,
        description_plural=description_plural,
        location=list(options.ActionLocation),
    )


def log_action(request: HttpRequest, objects: Sequence[Model], message: str) -> None:
    """Write to the admin log who did what to which objects."""
    user: Any = request.user
    LogEntry.objects.log_actions(user.pk, objects, CHANGE, message)


def back_to_list(model_admin: Any, request: HttpRequest) -> HttpResponse | None:
    """Leave an object's page, for the action has taken the object away."""
    opts = model_admin.opts
    name = f"{opts.app_label}_{opts.model_name}"
    match = request.resolver_match
    if match is None or match.url_name != f"{name}_change":
        return None
    return HttpResponseRedirect(
        reverse(f"admin:{name}_changelist", current_app=model_admin.admin_site.name)
    )
