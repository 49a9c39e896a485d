"""Rows whose every text attacks: as many of each model as hold all the attacks."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db.models import CharField, Field, JSONField, Model, TextField

from eventstreaming.models import (
    Checkpoint,
    Event,
    IdempotencyKey,
    OnceKey,
    Overview,
    QueueActivity,
    Stream,
    Subscription,
)
from tests.browser.attacks import ATTACKS, packs

STORY = packs(255)[0]  # the correlation id of one half of the rows
EVERYTHING = "\n".join(ATTACKS)
UNSEEN = (IdempotencyKey, OnceKey, Overview, QueueActivity)
MARK = "class=intruder"
SHORT = 100  # of shorter fields no row is made


def fill() -> None:
    """Copy each row that a page shows, with attacks in all its texts."""
    for model in apps.get_app_config("eventstreaming").get_models():
        if model not in UNSEEN:
            _attack(model)


def _attack(model: type[Model]) -> None:
    patterns = list(model._default_manager.order_by("pk"))
    fields = [f for f in model._meta.concrete_fields if _is_attacked(f)]
    lengths = [f.max_length for f in fields if f.max_length and f.max_length >= SHORT]
    count = max([len(packs(length)) for length in lengths], default=2)
    if any(f.name == "correlation_id" for f in fields):
        count *= 2
    # Which rows of names are the newest depends on the server, so all of them have all.
    last = count - 1 if model._meta.pk.get_internal_type() != "CharField" else 0
    worst = max(patterns, key=lambda row: str(vars(row)).count(MARK))
    made = []
    for number in range(count):
        pattern = worst if number >= last else patterns[number % len(patterns)]
        values = {
            f.attname: getattr(pattern, f.attname) for f in model._meta.concrete_fields
        }
        copy = _Copy(number, is_last=number >= last, in_story=number < count // 2)
        values |= {f.attname: copy.attacked(f, values[f.attname]) for f in fields}
        made.append(model(**values | copy.identity(model, values)))
    model._default_manager.bulk_create(made)


def _is_attacked(field: Field[Any, Any]) -> bool:
    return isinstance(field, CharField | TextField | JSONField) and not field.choices


@dataclass(frozen=True)
class _Copy:
    """One of the rows; the last one, whose own page is looked at, has all the attacks."""

    number: int
    is_last: bool
    in_story: bool

    def attacked(self, field: Field[Any, Any], value: Any) -> Any:
        if isinstance(field, JSONField):
            return self._attacked_json(value)
        if field.name == "correlation_id" and self.in_story:
            return STORY
        if isinstance(field, TextField):
            return EVERYTHING if self.is_last else self._pack(255)
        if field.name == "queue" and not self.in_story:
            return packs(255)[(self.number + 1) % len(packs(255))]
        return self._pack(field.max_length)

    def identity(self, model: type[Model], values: dict[str, Any]) -> dict[str, Any]:
        """Return what tells this row from its pattern."""
        key = model._meta.pk
        found: dict[str, Any] = {}
        if key.name in ("id", "position"):
            found[key.name] = 2 * 10**9 + self.number
        if model is Event:
            found |= {"event_id": uuid4(), "stream_id": _nth(Stream, self.number)}
        elif model is Checkpoint:
            found["subscription_id"] = _nth(Subscription, self.number)
        elif "position" in values:
            found["position"] = 10**9 + self.number
        return found

    def _attacked_json(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._attacked_json(key): self._attacked_json(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._attacked_json(item) for item in value]
        if isinstance(value, str) and MARK in value:
            return EVERYTHING if self.is_last else self._pack(255)
        return value

    def _pack(self, length: int) -> str:
        found = packs(length)
        return found[self.number % len(found)]


def _nth(model: type[Model], number: int) -> int:
    keys = model._default_manager.filter(pk__gte=2 * 10**9).order_by("pk")
    found: list[int] = list(keys.values_list("pk", flat=True))
    return found[number % len(found)]
