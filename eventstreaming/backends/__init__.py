"""
Where streams are kept: one store per alias of EVENT_STORES.

    EVENT_STORES = {
        "default": {
            "BACKEND": "eventstreaming.backends.postgresql.PostgreSQLEventStore",
            "OPTIONS": {"database": "default"},
        },
    }

Without the setting, "default" is the right store for the project's default
database.
"""

from threading import local
from typing import TYPE_CHECKING, Any

from asgiref.local import Local
from django.conf import settings
from django.utils.connection import BaseConnectionHandler, ConnectionProxy
from django.utils.module_loading import import_string

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import InvalidEventStore

DEFAULT_ALIAS = "default"
SETTING = "EVENT_STORES"

_BACKENDS = {
    "postgresql": "eventstreaming.backends.postgresql.PostgreSQLEventStore",
    "sqlite": "eventstreaming.backends.database.DatabaseEventStore",
}


if TYPE_CHECKING:  # only the stubs know that the handler is generic
    Handler = BaseConnectionHandler[BaseEventStore]
else:
    Handler = BaseConnectionHandler


class EventStoreHandler(Handler):
    """The stores by alias; one object per thread."""

    settings_name = SETTING
    exception_class = InvalidEventStore

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._found = local()

    def configure_settings(self, settings_dict: Any) -> dict[str, Any]:
        if settings_dict is None:
            settings_dict = getattr(settings, SETTING, None)
        if settings_dict is None:
            settings_dict = {DEFAULT_ALIAS: {}}
        if not isinstance(settings_dict, dict) or not all(
            isinstance(entry, dict) for entry in settings_dict.values()
        ):
            raise InvalidEventStore(f"{SETTING} must be a dict of dicts")
        if DEFAULT_ALIAS not in settings_dict:
            raise InvalidEventStore(f"{SETTING} has no {DEFAULT_ALIAS!r} alias")
        return settings_dict

    def __getitem__(self, alias: str) -> BaseEventStore:
        try:
            found: BaseEventStore = self._found.stores[alias]
        except (AttributeError, KeyError, TypeError):
            if not isinstance(alias, str):
                raise InvalidEventStore(
                    f"store must be an alias of {SETTING}, not {type(alias).__name__}"
                ) from None
            found = super().__getitem__(alias)
            # Django's own look-up takes longer than all checks of a message.
            vars(self._found).setdefault("stores", {})[alias] = found
        return found

    def forget(self) -> None:
        """Build the stores anew, from the settings as they are now."""
        self.__dict__.pop("settings", None)  # a cached property
        self._settings = None
        self._connections = Local(self.thread_critical)
        self._found = local()

    def create_connection(self, alias: str) -> BaseEventStore:
        entry = self.settings[alias]
        unknown = set(entry) - {"BACKEND", "OPTIONS"}
        if unknown:
            raise InvalidEventStore(
                f"{SETTING}[{alias!r}]: unknown {', '.join(map(repr, sorted(unknown)))}; "
                "use BACKEND and OPTIONS"
            )
        options = entry.get("OPTIONS", {})
        if not isinstance(options, dict):
            raise InvalidEventStore(f"{SETTING}[{alias!r}]: OPTIONS must be a dict")
        path = entry.get("BACKEND") or _default_backend(alias, options)
        try:
            backend = import_string(path)
        except ImportError as error:
            raise InvalidEventStore(
                f"{SETTING}[{alias!r}]: BACKEND {path!r} cannot be imported: {error}"
            ) from error
        if not (isinstance(backend, type) and issubclass(backend, BaseEventStore)):
            raise InvalidEventStore(
                f"{SETTING}[{alias!r}]: BACKEND {path!r} is no event store class"
            )
        return backend(alias, **options)


def _default_backend(alias: str, options: dict[str, Any]) -> str:
    database = options.get("database", "default")
    engine = settings.DATABASES.get(database, {}).get("ENGINE", "")
    for name, path in _BACKENDS.items():
        if name in engine:
            return path
    if "postgis" in engine or "psqlextra" in engine:
        return _BACKENDS["postgresql"]
    raise InvalidEventStore(
        f"{SETTING}[{alias!r}]: no store for the database {database!r} "
        f"({engine or 'not configured'}); PostgreSQL and SQLite are supported"
    )


event_stores = EventStoreHandler()
event_store = ConnectionProxy(event_stores, DEFAULT_ALIAS)
