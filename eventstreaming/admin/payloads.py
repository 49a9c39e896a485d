"""Data, headers and errors, for those who have the right to payloads."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext

from eventstreaming.admin.formats import json_block, summary, text_block
from eventstreaming.operations.permissions import Permission
from eventstreaming.operations.redaction import Part, shown

_MARK = "_payload_is_revealed"


def may_see_payloads(request: HttpRequest) -> bool:
    """Say whether the user has `view_payload`."""
    return bool(request.user.has_perm(Permission.VIEW_PAYLOAD.label))


def reveal(rows: Iterable[Model], request: HttpRequest) -> None:
    """
    Mark rows whose payload the user of the request may see.

    The functions below hide the payload of every other row, so that a page that
    forgets to ask shows nothing.
    """
    if may_see_payloads(request):
        for row in rows:
            setattr(row, _MARK, True)


def is_revealed(row: Model) -> bool:
    """Say whether the payload of a row may be shown."""
    return bool(getattr(row, _MARK, False))


def is_redacted(
    stream_name: str, type_name: str, value: Any, part: Part = "data"
) -> bool:
    """Say whether the redaction hides something, so that nobody can edit it."""
    return bool(shown(stream_name, type_name, value, part) != value)


def payload_block(
    row: Model, stream_name: str, type_name: str, value: Any, part: Part = "data"
) -> str:
    """Return a part of a payload as the redaction leaves it."""
    if not is_revealed(row):
        return hidden()
    return json_block(shown(stream_name, type_name, value, part))


def error_block(row: Model, error: str) -> str:
    """Return the whole text of an error; handlers write data into their errors."""
    return text_block(error) if is_revealed(row) or not error else hidden()


def error_line(row: Model, error: str, length: int = 80) -> str:
    """Return the line of an error that says most."""
    if not error:
        return "-"
    return summary(error, length) if is_revealed(row) else hidden(short=True)


def hidden(*, short: bool = False) -> str:
    """Return what stands in the place of a payload: which permission is missing."""
    reason = gettext("Hidden: you lack the permission %(permission)s.") % {
        "permission": Permission.VIEW_PAYLOAD.label
    }
    if short:
        return format_html(
            '<span class="es-hidden" title="{}">{}</span>', reason, gettext("hidden")
        )
    return format_html('<span class="es-hidden">{}</span>', reason)
