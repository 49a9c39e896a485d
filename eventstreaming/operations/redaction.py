"""
Hiding parts of payloads from those who look at them.

    EVENT_STREAM_REDACTION = "shop.privacy.hide_addresses"

The function gets a name of a stream or queue, a type, a value and which part of the
payload that is, and returns what is to be shown. The admin, HTTP, exports and commands
ask it; what is stored, and what handlers get, stays as it is.
"""

import logging
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from msgspec import structs

from eventstreaming.types import JSON, StoredEvent

logger = logging.getLogger("eventstreaming.operations")

SETTING = "EVENT_STREAM_REDACTION"
HIDDEN = "(hidden: the redaction failed)"

Part = Literal["data", "metadata", "headers"]


def shown(stream_name: str, type_name: str, value: JSON, part: Part = "data") -> JSON:
    """
    Return a part of a payload as it may be shown; without the setting all of it.

    Metadata and headers without an entry are not asked about. When the function fails
    nothing is shown, and the log says why. Raise ImproperlyConfigured when the setting
    names no function.
    """
    path = getattr(settings, SETTING, None)
    if path is None or (part != "data" and not value):
        return value
    redact = _function(path)
    try:
        return redact(stream_name, type_name, value, part)
    except Exception:
        logger.exception(
            "%s failed for the %s of a %s of %s", path, part, type_name, stream_name
        )
        return HIDDEN


def shown_event(event: StoredEvent) -> StoredEvent:
    """Return an event with its data and metadata as they may be shown."""
    if not is_set():
        return event
    name, type_name = event.stream_name, event.event_type
    return structs.replace(
        event,
        data=shown(name, type_name, event.data),
        metadata=shown(name, type_name, event.metadata, "metadata"),
    )


def is_set() -> bool:
    """Say whether there is something to hide, so that statements are not shown."""
    return getattr(settings, SETTING, None) is not None


def _function(path: Any) -> Any:
    try:
        return import_string(path)
    except (ImportError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(f"{SETTING}: {error}") from error
