"""Filters that ask an index, or say that they cannot."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

Choices = list[tuple[str, Any]]


class ExactFilter(admin.SimpleListFilter):
    """
    One value of an indexed column, offered as a link elsewhere.

    The filter shows up only while it is active, so that it can be removed.
    """

    field_name = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        value = self.value()
        return [] if value is None else [(value, value)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> QuerySet[Model]:
        value = self.value()
        return queryset if value is None else self.narrow(queryset, value)

    def narrow(self, queryset: QuerySet[Model], value: str) -> QuerySet[Model]:
        """Return the rows with the value."""
        return queryset.filter(**{self.field_name: value})


class ScanFilter(admin.SimpleListFilter):
    """
    A filter that no index serves.

    The change list asks for its condition and tries it on a bounded number of
    rows.
    """

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> QuerySet[Model]:
        return queryset

    def condition(self) -> Q:
        """Return what the rows must fulfil."""
        raise NotImplementedError
