"""All of it at a glance, in the numbers that `eventstatus` and the admin show."""

from typing import Any

from eventstreaming.events.patterns import ALL
from eventstreaming.http import parameters
from eventstreaming.http.documents import status_document
from eventstreaming.http.endpoints import Call
from eventstreaming.operations.status import store_status


def show_status(call: Call) -> dict[str, Any]:
    """Answer the fence, the first streams, all subscriptions and queues."""
    given = parameters.query(call.request, limit=parameters.integer)
    status = store_status(store=call.store, **given)
    return status_document(status, payload=call.sees_payloads(ALL))
