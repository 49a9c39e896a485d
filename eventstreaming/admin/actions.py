"""Admin actions, on an object's own page, too, where Django can (6.1)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin import options
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
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


def log_filter_action(
    request: HttpRequest, model: type[Model], message: str, entry: LogEntry | None
) -> LogEntry:
    """
    Write to the admin log who did what to all that a filter found.

    It is one entry, which names the filter; `entry` is the one that was made for
    the batches before.
    """
    if entry is not None:
        entry.change_message = message
        entry.save(update_fields=["change_message"])
        return entry
    user: Any = request.user
    found = request.META.get("QUERY_STRING", "")
    return LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(model),
        object_repr=(f"{model._meta.verbose_name_plural}: ?{found}")[:200],
        action_flag=CHANGE,
        change_message=message,
    )


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
