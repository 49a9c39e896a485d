"""Asking before an action is done: the same request again, with the answer."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

CONFIRMED = "confirmed"


def is_confirmed(request: HttpRequest) -> bool:
    """Say whether the question was answered with yes."""
    return CONFIRMED in request.POST


def ask(
    model_admin: Any,
    request: HttpRequest,
    *,
    title: str,
    question: str,
    yes: str,
    no: str,
) -> TemplateResponse:
    """Return the page with the question, whose yes sends the request again."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "question": question,
        "yes": yes,
        "no": no,
        "fields": [*fields, (CONFIRMED, "yes")],
        "opts": model_admin.opts,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/eventstreaming/confirm.html", context)
