"""Filters of the list of sagas, each served by an index."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.filters import Choices, ExactFilter
from eventstreaming.models import Saga
from eventstreaming.processing.sagas.plans import sagas


class SagaNameFilter(ExactFilter):
    """Which saga: those that this process knows."""

    title = _("saga")
    parameter_name = field_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        names = sagas.names()
        chosen = self.value()
        if chosen is not None and chosen not in names:
            names.append(chosen)
        return [(name, name) for name in names]


class SagaStateFilter(admin.SimpleListFilter):
    """Where sagas stand."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(Saga.State.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> QuerySet[Model]:
        value = self.value()
        return queryset if value is None else queryset.filter(state=value)
