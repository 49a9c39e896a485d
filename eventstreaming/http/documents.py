"""The JSON form of events, messages, streams and queues."""

from dataclasses import asdict, replace
from typing import Any

from eventstreaming.operations.redaction import shown, shown_event
from eventstreaming.operations.status import StoreStatus
from eventstreaming.operations.subscription_status import SubscriptionStatus
from eventstreaming.types import DeadLetter, QueueInfo, StoredEvent, StreamInfo


def event_document(event: StoredEvent, *, payload: bool) -> dict[str, Any]:
    """Return an event; without `payload` it has no data and no metadata."""
    document: dict[str, Any] = {
        "stream_name": event.stream_name,
        "offset": event.offset,
        "position": event.position,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "schema_version": event.schema_version,
        "key": event.key,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "timestamp": event.timestamp,
    }
    if payload:
        event = shown_event(event)
        document |= {"data": event.data, "metadata": event.metadata}
    return document


def dead_letter_document(letter: DeadLetter, *, payload: bool) -> dict[str, Any]:
    """Return a dead letter; without `payload` no data, headers and error texts."""
    document: dict[str, Any] = {
        "queue": letter.stream_name,
        "message_id": letter.message_id,
        "message_type": letter.message_type,
        "reason": letter.reason,
        "fingerprint": letter.fingerprint,
        "priority": letter.priority,
        "group_key": letter.group_key,
        "deliveries": letter.deliveries,
        "attempts": letter.attempts,
        "enqueued_at": letter.enqueued_at,
        "died_at": letter.died_at,
        "correlation_id": letter.correlation_id,
    }
    if payload:
        of = letter.stream_name, letter.message_type
        document |= {
            "data": shown(*of, letter.data),
            "headers": shown(*of, letter.headers, "headers"),
            "errors": [asdict(error) for error in letter.errors],
        }
    return document


def status_document(status: StoreStatus, *, payload: bool) -> dict[str, Any]:
    """Return a status; without `payload` it has no error texts and no statements."""
    if not payload:
        status = replace(status, fence=status.fence.without_statements())
    document = asdict(status)
    for item in [*document["subscriptions"], *document["schedules"]]:
        _hide_errors(item, payload)
    return document


def subscription_document(
    status: SubscriptionStatus, *, payload: bool
) -> dict[str, Any]:
    """Return a subscription; without `payload` it has no error texts."""
    document = asdict(status)
    _hide_errors(document, payload)
    return document


def _hide_errors(document: dict[str, Any], payload: bool) -> None:
    if payload:
        return
    for part in (document, *document.get("partitions", ())):
        part["error"] = ""


def stream_document(info: StreamInfo) -> dict[str, Any]:
    """Return a stream; its length is null where it is not known."""
    return {
        "name": info.stream_name,
        "type": "concurrent" if info.concurrent else "serial",
        "first_offset": info.first_offset,
        "last_offset": info.last_offset,
        "length": info.length,
        "first_timestamp": info.first_timestamp,
        "last_timestamp": info.last_timestamp,
    }


def queue_document(info: QueueInfo) -> dict[str, Any]:
    """Return a queue; `estimated` names the counts that are no exact ones."""
    document = asdict(info)
    document["name"] = document.pop("stream_name")
    return document
