"""Subscriptions: how far they have come, and moving them."""

from datetime import datetime
from typing import Any

from eventstreaming.exceptions import InvalidValue, UnknownSubscription
from eventstreaming.http import parameters
from eventstreaming.http.documents import subscription_document
from eventstreaming.http.endpoints import Call
from eventstreaming.operations.resetting import (
    BEGINNING,
    END,
    Edge,
    reset_subscription,
)
from eventstreaming.operations.status import store_subscriptions
from eventstreaming.operations.subscription_status import SubscriptionStatus

_EDGES = {"beginning": BEGINNING, "end": END}


def list_subscriptions(call: Call) -> dict[str, Any]:
    """Answer all subscriptions with their lag."""
    parameters.query(call.request)
    found = store_subscriptions(call.store)
    return {"subscriptions": [_document(call, status) for status in found]}


def show_subscription(call: Call, name: str) -> dict[str, Any]:
    """Answer a subscription with its lag, in all and by partition."""
    parameters.query(call.request)
    for status in store_subscriptions(call.store):
        if status.name == name:
            return _document(call, status)
    raise UnknownSubscription(name)


def _document(call: Call, status: SubscriptionStatus) -> dict[str, Any]:
    """Return a subscription, whose errors tell of the payloads that it reads."""
    return subscription_document(status, payload=call.sees_payloads(status.source))


def reset(call: Call, name: str) -> dict[str, Any]:
    """Move a subscription to a place, a time, `beginning` or `end`."""
    given = parameters.body(call.request, ["to"])
    place = reset_subscription(name, _to(given.get("to")), store=call.store)
    return {"name": name, "next": place}


def _to(given: object) -> int | datetime | Edge:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and given in _EDGES:
        return _EDGES[given]
    try:
        return datetime.fromisoformat(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidValue(
            "to", "must be a place, a time, 'beginning' or 'end'"
        ) from None
