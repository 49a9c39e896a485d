"""An event as it is stored, and as the object of its class."""

from pprint import pformat
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html
from django.utils.translation import gettext

from eventstreaming.admin.formats import text_block
from eventstreaming.admin.payloads import hidden, is_redacted, is_revealed
from eventstreaming.exceptions import UnreadablePayload
from eventstreaming.models import Event
from eventstreaming.operations.correlated_events import stored_event
from eventstreaming.operations.redaction import shown

LONGEST = 20_000  # characters of a typed payload


def event_document(event: Event, *, payload: bool) -> dict[str, Any]:
    """Return an event for JSON; without `payload` it has no data and no metadata."""
    name = event.stream.name
    document = {
        "position": event.position,
        "stream": name,
        "offset": event.offset,
        "type": event.event_type,
        "schema_version": event.schema_version,
        "event_id": event.event_id,
        "key": event.key,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "timestamp": event.timestamp.isoformat(),
    }
    if payload:
        document["data"] = shown(name, event.event_type, event.data)
        document["metadata"] = shown(name, event.event_type, event.metadata, "metadata")
    return document


def raw_event(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Answer one event as JSON, with the payload for those who may see it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    event = model_admin.get_object(request, unquote(object_id))
    if event is None:
        raise Http404(gettext("There is no such event."))
    document = event_document(event, payload=is_revealed(event))
    return JsonResponse(
        document,
        encoder=DjangoJSONEncoder,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def typed_block(event: Event) -> str:
    """Return the object that handlers get, of the newest version of its class."""
    if not is_revealed(event):
        return hidden()
    if is_redacted(event.stream.name, event.event_type, event.data):
        return gettext("Not shown: the redaction hides parts of the data.")
    try:
        payload = stored_event(event).payload
    except UnreadablePayload as error:
        return str(error)
    try:
        text = pformat(payload, width=88, sort_dicts=False)
    except Exception as error:  # a class may do anything to show itself
        return gettext("It cannot be shown: %(error)s") % {"error": repr(error)[:200]}
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    path = f"{type(payload).__module__}.{type(payload).__qualname__}"
    return format_html("<div><p>{}</p>{}</div>", path, text_block(text))
