"""
Hiding parts of payloads from those who look at them.

    EVENT_STREAM_REDACTION = "shop.privacy.hide_addresses"

The function gets a name of a stream or queue, a type and the data, and returns
what is to be shown. The admin, HTTP and exports ask it; what is stored, and what
handlers get, stays as it is.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from eventstreaming.types import JSON

logger = logging.getLogger("eventstreaming.operations")

SETTING = "EVENT_STREAM_REDACTION"
HIDDEN = "(hidden: the redaction failed)"


def shown(stream_name: str, type_name: str, data: JSON) -> JSON:
    """
    Return data as it may be shown; without the setting all of it.

    When the function fails nothing is shown, and the log says why. Raise
    ImproperlyConfigured when the setting names no function.
    """
    path = getattr(settings, SETTING, None)
    if path is None:
        return data
    redact = _function(path)
    try:
        return redact(stream_name, type_name, data)
    except Exception:
        logger.exception("%s failed for a %s of %s", path, type_name, stream_name)
        return HIDDEN


def _function(path: Any) -> Any:
    try:
        return import_string(path)
    except (ImportError, AttributeError, TypeError) as error:
        raise ImproperlyConfigured(f"{SETTING}: {error}") from error
