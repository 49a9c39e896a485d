"""
In every log line: the correlation id, and what the handler was given.

    LOGGING = {
        "filters": {
            "correlation": {"()": "eventstreaming.events.logging.CorrelationFilter"},
        },
        "formatters": {"line": {"format": "{correlation_id} {message}", "style": "{"}},
        ...
    }
"""

import logging
from dataclasses import fields

from eventstreaming.events.correlation import current_correlation
from eventstreaming.events.handling import Handling, current_handling

_FIELDS = tuple(field.name for field in fields(Handling))


class CorrelationFilter(logging.Filter):
    """
    Add `correlation_id` and `causation_id` to records; "-" outside a scope.

    In a handler of messages `queue`, `message_id` and `attempt` are set as well,
    in one of events `subscription`, `stream_name`, `offset` and `event_id`; what
    does not apply is "-". A value that the caller gave by `extra` stays.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        correlation = current_correlation()
        record.correlation_id = correlation.correlation_id or "-"
        record.causation_id = correlation.causation_id or "-"
        handling = current_handling()
        for name in _FIELDS:
            if name not in record.__dict__:
                value = getattr(handling, name)
                record.__dict__[name] = "-" if value is None else value
        return True
