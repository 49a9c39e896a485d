"""Filters of the lists of messages and dead letters."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.filters import Choices, ExactFilter, ScanFilter
from eventstreaming.models import DeadLetter, Message
from eventstreaming.operations.queue_names import (
    dead_letter_queue_names,
    live_queue_names,
)

NAMES_SHOWN = 200
READY, DELAYED, BLOCKED = "ready", "delayed", "blocked"


class LiveQueueFilter(ExactFilter):
    """The queue of a message."""

    title = _("queue")
    parameter_name = field_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return named_choices(live_queue_names, self.value())


class StateFilter(ScanFilter):
    """
    The state of a message: for each one that a queue has, there is an index.

    One queue is shown one state at a time, in the order of its index.
    """

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            (READY, _("ready or in flight")),
            (DELAYED, _("delayed")),
            (BLOCKED, _("blocked")),
        ]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        choices = list(super().choices(changelist))
        if "queue" in changelist.params:
            del choices[0]  # "All" needs an index that would slow each delivery
            choices[0]["selected"] = chosen_state(self.request) == READY
        yield from choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> QuerySet[Model]:
        state, in_queue = chosen_state(request), "queue" in request.GET
        if state == DELAYED:
            return queryset.filter(state=Message.State.DEFERRED)
        if state == READY and in_queue:
            return queryset.filter(state=Message.State.READY)
        if state == BLOCKED and in_queue:
            return queryset.filter(group_key__isnull=False)
        return queryset

    def condition(self) -> Q:
        state = chosen_state(self.request)
        if state == BLOCKED:
            return Q(state=Message.State.BLOCKED)
        if state == READY and "queue" not in self.request.GET:
            return Q(state=Message.State.READY)
        return Q()


def chosen_state(request: HttpRequest) -> str | None:
    """Return the state that a list shows: of one queue the ready ones, at first."""
    state = request.GET.get("state")
    if state in (READY, DELAYED, BLOCKED):
        return state
    return READY if "queue" in request.GET else None


def message_order(request: HttpRequest) -> tuple[str, ...]:
    """Return the columns of the index that serves the filters."""
    state, in_queue = chosen_state(request), "queue" in request.GET
    if state == DELAYED:
        return ("due_at", "id") if in_queue else ("queue", "due_at", "id")
    if state == READY and in_queue:
        return "rank", "id"  # the order of delivery
    if state == BLOCKED and in_queue:
        return "group_key", "id"
    return ("-id",)


class DeadQueueFilter(ExactFilter):
    """The queue of a dead letter."""

    title = _("queue")
    parameter_name = field_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return named_choices(dead_letter_queue_names, self.value())


class ReasonFilter(ScanFilter):
    """Why a message died."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(DeadLetter.Reason.choices)

    def condition(self) -> Q:
        reason = self.value()
        return Q() if reason is None else Q(reason=reason)


class FingerprintFilter(ScanFilter):
    """The same error; the index has it by queue."""

    title = _("error")
    parameter_name = "fingerprint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        value = self.value()
        return [] if value is None else [(value, value[:12])]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> QuerySet[Model]:
        value = self.value()
        if value is None or "queue" not in request.GET:
            return queryset
        return queryset.filter(fingerprint=value)

    def condition(self) -> Q:
        value = self.value()
        if value is None or "queue" in self.request.GET:
            return Q()
        return Q(fingerprint=value)


def named_choices(read_names: Callable[[], set[str]], selected: str | None) -> Choices:
    names = sorted(read_names())[:NAMES_SHOWN]
    if selected is not None and selected not in names:
        names.append(selected)
    return [(name, name) for name in names]
