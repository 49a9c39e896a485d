"""
The signals that a project may listen to, and receivers of Django's own.

    from eventstreaming.signals import message_failed
"""

from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver

from eventstreaming import backends
from eventstreaming.events import limits
from eventstreaming.events.signals import (
    event_failed,
    events_appended,
    message_done,
    message_failed,
    messages_enqueued,
)

__all__ = [
    "event_failed",
    "events_appended",
    "message_done",
    "message_failed",
    "messages_enqueued",
]


@receiver(setting_changed)
def forget_settings(*, setting: str, **kwargs: Any) -> None:
    """Let override_settings() take effect at once."""
    if setting in (backends.SETTING, "DATABASES"):
        backends.event_stores.forget()
    if setting == limits.SETTING:
        limits.limits.cache_clear()
