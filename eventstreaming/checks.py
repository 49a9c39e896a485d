"""
System checks of the configuration.

Those tagged `database` ask the database and run only when it is named:
`manage.py check --database default`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.db import router

from eventstreaming.backends import SETTING, event_stores
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidEventStore
from eventstreaming.operations.health_bounds import health_bounds
from eventstreaming.processing.registry import (
    EventSubscription,
    QueueHandler,
    handlers,
)

NEAR_MISSES = ("EVENT_STORE", "EVENTSTORES", "EVENTSTREAMING", "EVENT_STREAMS")


@register("eventstreaming")
def check_stores(**kwargs: Any) -> list[CheckMessage]:
    """Build each store, and let it check itself."""
    messages: list[CheckMessage] = []
    try:
        aliases: Sequence[str] = list(event_stores.settings)
    except InvalidEventStore as error:
        return [_error(str(error), "Give it the form of CACHES.", "E001")]
    for alias in aliases:
        try:
            store = event_stores[alias]
        except InvalidEventStore as error:
            messages.append(
                _error(str(error), f"Correct {SETTING}[{alias!r}].", "E002")
            )
            continue
        messages += _check_router(alias, store.database)
        messages += store.check(**kwargs)
    return messages


@register("eventstreaming")
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Look for bounds that are wrong and setting names that are near misses."""
    messages: list[CheckMessage] = []
    try:
        limits()
    except ImproperlyConfigured as error:
        messages.append(
            _error(str(error), "See eventstreaming.events.limits.Limits.", "E003")
        )
    try:
        health_bounds()
    except ImproperlyConfigured as error:
        hint = "See eventstreaming.operations.thresholds.Thresholds."
        messages.append(_error(str(error), hint, "E007"))
    messages += [
        checks.Warning(
            f"The setting {name} is not used.",
            hint=f"Did you mean {SETTING}?",
            id="eventstreaming.W001",
        )
        for name in NEAR_MISSES
        if hasattr(settings, name)
    ]
    return messages


@register("eventstreaming")
def check_handlers(**kwargs: Any) -> list[CheckMessage]:
    """Look for handlers of stores that do not exist."""
    try:
        known = set(event_stores.settings)
    except InvalidEventStore:
        return []  # E001 says it
    declared: list[QueueHandler | EventSubscription] = [
        *handlers.queues.values(),
        *handlers.subscriptions.values(),
    ]
    return [
        _error(
            f"{item.name!r} is declared for the store {item.store!r}, which is not in "
            f"{SETTING}.",
            "Add the alias, or name another store in the decorator.",
            "E006",
        )
        for item in declared
        if item.store not in known
    ]


@register("eventstreaming")
def check_command(**kwargs: Any) -> list[CheckMessage]:
    """Look for another app that has taken the command's name."""
    app = get_commands().get("runworker")
    name = app.name if isinstance(app, AppConfig) else app
    if name in (None, "eventstreaming"):
        return []
    return [
        checks.Warning(
            f"The command runworker is that of {name}.",
            hint="Use the alias eventworker, or put eventstreaming before it in "
            "INSTALLED_APPS.",
            id="eventstreaming.W004",
        )
    ]


@register("eventstreaming", deploy=True)
def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """Look for stores that forget."""
    return [
        checks.Warning(
            f"{SETTING}[{alias!r}] does not keep what is written beyond the process.",
            hint="Use eventstreaming.backends.postgresql.PostgreSQLEventStore.",
            id="eventstreaming.W005",
        )
        for alias, store in _built_stores()
        if not store.is_durable
    ]


@register(Tags.database)
def check_database(
    databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Ask each store's database whether it can keep the promises."""
    named = set(databases or ())
    messages: list[CheckMessage] = []
    for _, store in _built_stores():
        if store.database in named:
            messages += store.check_database()
    return messages


def _built_stores() -> list[tuple[str, Any]]:
    stores = []
    try:
        aliases = list(event_stores.settings)
    except InvalidEventStore:
        return []
    for alias in aliases:
        try:
            stores.append((alias, event_stores[alias]))
        except InvalidEventStore:
            continue  # E002 says it
    return stores


def _check_router(alias: str, database: str | None) -> list[CheckMessage]:
    if database is None:
        return []
    written = router.db_for_write(apps.get_model("eventstreaming", "Event"))
    if written == database:
        return []
    return [
        _error(
            f"{SETTING}[{alias!r}] uses the database {database!r}, but the project's "
            f"router writes events to {written!r}.",
            "Let DATABASE_ROUTERS send the app eventstreaming to that database.",
            "E004",
        )
    ]


def _error(text: str, hint: str, number: str) -> CheckMessage:
    return checks.Error(text, hint=hint, id=f"eventstreaming.{number}")
