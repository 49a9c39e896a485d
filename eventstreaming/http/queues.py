"""Queues, their messages and their dead letters."""

from typing import Any

from django.http import HttpResponseBase

from eventstreaming import services
from eventstreaming.backends import event_stores
from eventstreaming.exceptions import InvalidValue
from eventstreaming.http import parameters
from eventstreaming.http.documents import dead_letter_document, queue_document
from eventstreaming.http.endpoints import Call, answer
from eventstreaming.http.streams import page_size
from eventstreaming.operations.queue_names import queue_names
from eventstreaming.types import EventData

_MESSAGE = [
    "data",
    "type",
    "delay",
    "priority",
    "group_key",
    "deduplication_key",
    "expires_in",
    "headers",
]
_SELECTION = ["ids", "reason", "fingerprint", "limit"]


def list_queues(call: Call) -> dict[str, Any]:
    """Answer all queues that hold something or are configured."""
    parameters.query(call.request)
    infos = event_stores[call.store].queue_infos(queue_names(call.store))
    return {"queues": [queue_document(info) for info in infos]}


def show_queue(call: Call, name: str) -> dict[str, Any]:
    """Answer a queue; one that nobody has used is empty."""
    parameters.query(call.request)
    return queue_document(services.queue_info(name, store=call.store))


def enqueue_message(call: Call, name: str) -> HttpResponseBase:
    """
    Enqueue a message: 201, or 200 with the id of the living duplicate.

    A repeated `Idempotency-Key` answers the first result.
    """
    given = parameters.body(call.request, _MESSAGE)
    if "data" not in given:
        raise InvalidValue("data", "is missing")
    data, kind = given.pop("data"), given.pop("type", None)
    enqueued = services.enqueue(
        name,
        data if kind is None else EventData(kind, data),
        idempotency_key=call.request.headers.get("Idempotency-Key"),
        store=call.store,
        **given,
    )
    document = {"message_id": str(enqueued), "created": enqueued.created}
    return answer(document, 201 if enqueued.created else 200)


def list_dead_letters(call: Call, name: str) -> dict[str, Any]:
    """Answer a queue's newest dead letters."""
    given = parameters.query(
        call.request,
        reason=parameters.text,
        fingerprint=parameters.text,
        limit=parameters.integer,
    )
    given["limit"] = page_size(given)
    payload = call.sees_payloads(name)
    letters = services.dead_letters(name, store=call.store, **given)
    return {"dead_letters": [dead_letter_document(e, payload=payload) for e in letters]}


def redrive_dead_letters(call: Call, name: str) -> dict[str, Any]:
    """Send dead letters back: those of `ids`, or all that meet the conditions."""
    given = parameters.body(call.request, _SELECTION)
    return {"redriven": services.redrive(name, store=call.store, **given)}


def discard_dead_letters(call: Call, name: str) -> dict[str, Any]:
    """Delete dead letters for good: those of `ids`, or all that meet the conditions."""
    given = parameters.body(call.request, _SELECTION)
    if not given:
        raise InvalidValue("ids", "give ids or conditions; limit alone will do")
    return {"discarded": services.discard(name, store=call.store, **given)}
