"""The page with the timeline of a correlation id."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import moment, object_link
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import DeadLetter, Event, Message, Saga, TaskResult
from eventstreaming.operations.timelines import (
    LIMIT,
    NEWEST,
    Timeline,
    TimelineEntry,
    timeline,
)

DEEPEST = 6  # steps that are indented
MODELS = {
    "event": Event,
    "message": Message,
    "dead letter": DeadLetter,
    "task": TaskResult,
    "saga": Saga,
}
LABELS = {
    "event": _("event"),
    "message": _("message"),
    "dead letter": _("dead letter"),
    "task": _("task"),
    "saga": _("saga"),
}


def timeline_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """
    Show what belongs to `?correlation=…`, of the kinds that the user may view.

    No payload is on it.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    correlation_id = request.GET.get("correlation", "")
    kinds = [kind for kind, model in MODELS.items() if _may_view(request, model)]
    found = _find(correlation_id, kinds)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Timeline"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "correlation_id": correlation_id,
        "entries": [
            _shown(model_admin, number, entry)
            for number, entry in enumerate(found.entries)
        ],
        "is_whole": found.is_whole,
        "limit": LIMIT,
        "newest": f"{NEWEST:,}",
    }
    return TemplateResponse(
        request, "admin/eventstreaming/event/timeline.html", context
    )


def _may_view(request: HttpRequest, model: Any) -> bool:
    return bool(request.user.has_perm(f"eventstreaming.view_{model._meta.model_name}"))


def _find(correlation_id: str, kinds: list[str]) -> Timeline:
    """Look for it; nothing has an id that no id can be."""
    try:
        return timeline(correlation_id, kinds=kinds)
    except InvalidArgument:
        return Timeline(correlation_id, [], True)


def _shown(model_admin: Any, number: int, entry: TimelineEntry) -> dict[str, Any]:
    label = entry.name or gettext("untyped")
    cause = ""
    if entry.cause is not None:
        cause = format_html(
            '<a href="#es-entry-{0}">{1}</a>',
            entry.cause + 1,
            gettext("caused by %(number)s") % {"number": entry.cause + 1},
        )
    return {
        "number": number + 1,
        "depth": min(entry.depth, DEEPEST),
        "at": moment(entry.at, precise=True),
        "kind": LABELS[entry.kind],
        "link": object_link(model_admin, MODELS[entry.kind], entry.key, label),
        "place": entry.place,
        "state": entry.state,
        "cause": cause,
    }
