"""Filters of the list of tasks."""

from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.filters import Choices, ExactFilter, ScanFilter
from eventstreaming.admin.queue_filters import named_choices
from eventstreaming.models import TaskResult
from eventstreaming.operations.queue_names import task_queue_names

FAILED = TaskResult.Status.FAILED


class TaskQueueFilter(ExactFilter):
    """The queue of a task."""

    title = _("queue")
    parameter_name = field_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return named_choices(task_queue_names, self.value())


class TaskNameFilter(ExactFilter):
    """The path of a task, offered as a link on its page."""

    title = _("task")
    parameter_name = field_name = "task"


class TaskStatusFilter(ScanFilter):
    """How a task stands; an index has those that failed."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(TaskResult.Status.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Model]
    ) -> QuerySet[Model]:
        if self.value() != FAILED:
            return queryset
        return queryset.filter(failed=True)

    def condition(self) -> Q:
        value = self.value()
        return Q() if value in (None, FAILED) else Q(status=value)
