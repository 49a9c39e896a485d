"""Filters of the list of events."""

from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.event_tail import is_tail
from eventstreaming.admin.filters import Choices, ExactFilter, ScanFilter
from eventstreaming.models import Event, Stream


def in_stream(events: QuerySet[Any], name: str) -> QuerySet[Any]:
    """
    Return the events of one stream.

    Its id is asked for before. Only when the planner sees it, it knows how long the
    stream is, and takes a page from the index instead of sorting all of them.
    """
    ids = Stream.objects.filter(name=name).values_list("id", flat=True)
    found = ids.first()
    return events.none() if found is None else events.filter(stream_id=found)


class StreamFilter(ExactFilter):
    title = _("stream")
    parameter_name = "stream"

    def narrow(self, queryset: QuerySet[Model], value: str) -> QuerySet[Model]:
        return in_stream(queryset, value)


class CategoryFilter(ExactFilter):
    title = _("category")
    parameter_name = field_name = "category"


class CorrelationFilter(ExactFilter):
    title = _("correlation")
    parameter_name = "correlation"
    field_name = "correlation_id"


class CausationFilter(ExactFilter):
    title = _("cause")
    parameter_name = "causation"
    field_name = "causation_id"


class TypeFilter(ScanFilter):
    """
    The type of an event. No index serves it: one more would slow each append.

    The choices are the types among the newest events; the search box takes any.
    """

    title = _("type")
    parameter_name = "type"
    sample = 1_000  # events

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        if is_tail(request):  # where filters are not chosen, only kept
            value = self.value()
            return [] if value is None else [(value, value)]
        newest = Event.objects.order_by("-position").values_list(
            "event_type", flat=True
        )
        types = set(newest[: self.sample])
        if (value := self.value()) is not None:
            types.add(value)
        return [(name, name) for name in sorted(types)]

    def condition(self) -> Q:
        value = self.value()
        return Q() if value is None else Q(event_type=value)
