"""
The correlation id in every log line.

    LOGGING = {
        "filters": {
            "correlation": {"()": "eventstreaming.events.logging.CorrelationFilter"},
        },
        "formatters": {"line": {"format": "{correlation_id} {message}", "style": "{"}},
        ...
    }
"""

import logging

from eventstreaming.events.correlation import current_correlation


class CorrelationFilter(logging.Filter):
    """Add `correlation_id` and `causation_id` to records; "-" outside a scope."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        correlation = current_correlation()
        record.correlation_id = correlation.correlation_id or "-"
        record.causation_id = correlation.causation_id or "-"
        return True
