"""All events of the list's filters and search, as JSON lines."""

import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from eventstreaming.admin.event_forms import event_document
from eventstreaming.admin.keysets import Keyset
from eventstreaming.models import Event
from eventstreaming.operations.permissions import Permission

BATCH = 500  # events that are in memory


def export_events(model_admin: Any, request: HttpRequest) -> HttpResponseBase:
    """
    Answer a line for each event that the list would show, in the list's order.

    Data and metadata are for those who have `view_payload`, and as the redaction
    returns them. The answer is a stream: it begins at once, however long it is, under
    ASGI, too.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    changelist = model_admin.get_changelist_instance(request)
    (column,) = Keyset(Event, model_admin.get_keyset(request, changelist)).names
    with_payload = bool(request.user.has_perm(Permission.VIEW_PAYLOAD.label))
    chunks = _chunks(changelist.matching(), column, with_payload)
    response = StreamingHttpResponse(
        _awaited(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="application/jsonl",
    )
    response.headers["Content-Disposition"] = 'attachment; filename="events.jsonl"'
    return response


def _chunks(
    events: QuerySet[Event], column: str, with_payload: bool
) -> Iterator[bytes]:
    """Yield batch after batch, each one found by the index where the last one ended."""
    rows = events.order_by(f"-{column}")
    batch = list(rows[:BATCH])
    while batch:
        yield b"".join(_line(event, with_payload) for event in batch)
        last = getattr(batch[-1], column)
        batch = list(rows.filter(**{f"{column}__lt": last})[:BATCH])


def _line(event: Event, with_payload: bool) -> bytes:
    document = event_document(event, payload=with_payload)
    line = json.dumps(document, ensure_ascii=False, cls=DjangoJSONEncoder)
    return f"{line}\n".encode()


async def _awaited(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read each chunk in the request's thread, when the one before has been sent."""
    read = sync_to_async(partial(next, chunks, b""))
    while chunk := await read():
        yield chunk
