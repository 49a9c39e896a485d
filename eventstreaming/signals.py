"""Receivers of Django's signals."""

from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver

from eventstreaming import backends
from eventstreaming.events import limits


@receiver(setting_changed)
def forget_settings(*, setting: str, **kwargs: Any) -> None:
    """Let override_settings() take effect at once."""
    if setting in (backends.SETTING, "DATABASES"):
        backends.event_stores.forget()
    if setting == limits.SETTING:
        limits.limits.cache_clear()
