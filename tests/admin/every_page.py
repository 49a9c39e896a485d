"""All pages of the admin, from its registry: a new one is among them at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse

APP = "eventstreaming"
NO_STEPS = ("", ".", "..")  # of a path: no URL leads to an object of that name


@dataclass(frozen=True)
class AdminPage:
    """A page by the name of its URL, with the object that it is about."""

    name: str
    url: str
    model: type[Model]


def every_page(
    queries: Mapping[str, Mapping[str, str]] | None = None, *, objects: int = 20
) -> Iterator[AdminPage]:
    """
    Yield all pages of all models, those of an object for the newest `objects`.

    `queries` has what pages are asked with that show nothing without it, by name.
    """
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label != APP:
            continue
        for pattern in model_admin.get_urls():
            name = pattern.name
            if name is None:  # it redirects to the page of an object
                continue
            query = (queries or {}).get(name, {})
            keys: list[Any] = [None]
            if "object_id" in pattern.pattern.converters:
                rows = model._default_manager.order_by("-pk")
                keys = list(rows.values_list("pk", flat=True)[:objects])
            for key in keys:
                if key in NO_STEPS:
                    continue
                args = () if key is None else (quote(key),)
                url = reverse(f"admin:{name}", args=args)
                yield AdminPage(
                    name.removeprefix(f"{APP}_"),
                    f"{url}?{urlencode(query)}" if query else url,
                    model,
                )


def every_action() -> list[tuple[type[Model], str]]:
    """Return each action of each list, with its model."""
    return [
        (model, action if isinstance(action, str) else action.__name__)
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_label == APP
        for action in model_admin.actions or ()
    ]
