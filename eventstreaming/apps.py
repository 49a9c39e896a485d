from importlib import import_module

from django.apps import AppConfig
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
