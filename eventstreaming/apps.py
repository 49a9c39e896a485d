from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class EventStreamingConfig(AppConfig):
    """Registers the checks and loads `subscriptions.py` and `sagas.py` of every app."""

    name = "eventstreaming"
    verbose_name = _("Event streaming")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("eventstreaming.checks")
        import_module("eventstreaming.signals")
        autodiscover_modules("subscriptions", "sagas")
        if has_tasks():
            import_module("eventstreaming.contrib.tasks.serving")


def has_tasks() -> bool:
    """Say whether the project may use Django's Tasks: a worker serves them, too."""
    return bool(getattr(settings, "TASKS", None)) and any(
        find_spec(name) for name in ("django.tasks", "django_tasks")
    )
