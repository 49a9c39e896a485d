"""
Rows with names that no function lets in: raw SQL can write them, and so may others.

Every text of a row that is no choice has the name, so that it stands wherever a page,
a list or a line shows one.
"""

from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db.models import CharField, Model, TextField

from eventstreaming.models import (
    Checkpoint,
    Event,
    IdempotencyKey,
    OnceKey,
    Overview,
    ParkedEvent,
    QueueActivity,
    Stream,
    Subscription,
)
from tests.browser import contents

NAMES = (
    "",
    " ",
    ".",
    "..",
    "a/../b",
    "../queue",
    ".hidden",
    "-x",
    "$x",
    "/",
    "//a//",
    "two words",
    "'",
    '"quoted"',
    "<b>&amp;",
    "%",
    "%2F%00",
    "%s %(name)s {} {0}",
    "?a=b&c#d;e",
    "line\nbreak\r",
    "\t\x1b[31m\x7f",
    "ü" * 255,
    "😀\u202e\u200b",
    "a-*",
    "-*",
    "*",
    "add",
    "back\\slash_2F_",
)
UNSEEN = (IdempotencyKey, OnceKey, Overview)


def number_of(model: type[Model], place: int) -> int:
    """Return the primary key, where it is a number, of the row with a name."""
    models = list(apps.get_app_config("eventstreaming").get_models())
    return 3 * 10**9 + 1000 * models.index(model) + place


def fill() -> None:
    """Write a row of each model with each name."""
    contents.fill()
    QueueActivity.objects.create(
        queue="mail", done=3, failed=1, waits=[0], runs=[4], depth=4
    )
    for model in apps.get_app_config("eventstreaming").get_models():
        if model not in UNSEEN:
            _name(model)


def _name(model: type[Model]) -> None:
    pattern = model._default_manager.order_by("pk").first()
    fields = model._meta.concrete_fields
    values = {f.attname: getattr(pattern, f.attname) for f in fields}
    named = [f for f in fields if _is_named(f)]
    rows = []
    for place, name in enumerate(NAMES):
        texts = {f.attname: name[: f.max_length or None] for f in named}
        rows.append(model(**values | texts | _identity(model, place)))
    model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
    model._default_manager.bulk_create(rows)


def _is_named(field: Any) -> bool:
    return isinstance(field, CharField | TextField) and not field.choices


def _identity(model: type[Model], place: int) -> dict[str, Any]:
    key = model._meta.pk.name
    found: dict[str, Any] = {}
    if key in ("id", "position"):
        found[key] = number_of(model, place)
    if model is Event:
        stream = number_of(Stream, place)
        found |= {"event_id": uuid4(), "stream_id": stream, "offset": 0}
        found["position"] = None  # drawn: readers go up to what is drawn
    elif model is Stream:
        found |= {"first_offset": 0, "next_offset": 1}
    elif model is Checkpoint:
        found["subscription_id"] = number_of(Subscription, place)
    elif model is ParkedEvent:
        stream = number_of(Stream, place)
        found["position"] = Event.objects.get(stream_id=stream).position
    return found
