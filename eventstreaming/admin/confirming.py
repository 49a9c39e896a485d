"""Asking before an action is done: the same request again, with the answer."""

from collections.abc import Sequence
from typing import Any

from django import forms
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
    extra_fields: Sequence[tuple[str, str]] = (),
    form: forms.Form | None = None,
) -> TemplateResponse:
    """
    Return the page with the question, whose yes sends the request again.

    `extra_fields` go with it; `form` is what else a person has to fill in.
    """
    new = {CONFIRMED, "csrfmiddlewaretoken", *dict(extra_fields), *_names(form)}
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in new
        for value in values
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "question": question,
        "yes": yes,
        "no": no,
        "fields": [*fields, *extra_fields, (CONFIRMED, "yes")],
        "form": form,
        "back": request.get_full_path(),
        "opts": model_admin.opts,
        "media": model_admin.media + form.media if form else model_admin.media,
    }
    return TemplateResponse(request, "admin/eventstreaming/confirm.html", context)


def _names(form: forms.Form | None) -> Sequence[str]:
    return () if form is None else tuple(form.fields)
