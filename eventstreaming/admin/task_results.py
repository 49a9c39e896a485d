"""The list of tasks, the page of one, and running it once more."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import operator_action
from eventstreaming.admin.bulk import BulkMixin, Change, counted
from eventstreaming.admin.formats import (
    duration,
    list_link,
    moment,
    object_link,
    timeline_link,
)
from eventstreaming.admin.payloads import error_block, error_line, payload_block
from eventstreaming.admin.task_filters import (
    TaskNameFilter,
    TaskQueueFilter,
    TaskStatusFilter,
)
from eventstreaming.admin.viewing import ViewOnlyMixin
from eventstreaming.models import Event, Message, TaskResult
from eventstreaming.operations.task_retry import retry_tasks


class TaskResultAdmin(ViewOnlyMixin, BulkMixin):
    """Tasks that were begun: how they stand, and what became of them."""

    list_display = ("id", "task", "condition", "attempts", "problem", "started")
    list_filter = (TaskStatusFilter, TaskQueueFilter, TaskNameFilter)
    search_fields = ("id",)  # shows the box; get_search_results() reads it
    search_help_text = _("The id of a task.")
    deferred_fields = ("data", "return_value")
    actions = ("retry_selected",)
    keyset = ("-id",)
    empty_text = _(
        "No task was begun yet. A task that waits for a worker is a message, "
        "and is in the list of messages."
    )
    no_match_text = _("No task matches the filters and the search.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "task_link",
                    "queue_link",
                    "condition",
                    "message_link",
                    "priority",
                    "correlation",
                    "enqueued",
                    "started",
                    "last_attempted",
                    "finished",
                    "took",
                )
            },
        ),
        (_("Call"), {"fields": ("args_block", "kwargs_block", "value_block")}),
        (_("Attempts"), {"fields": ("attempts", "workers", "failures")}),
    )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may run failed tasks once more."""
        return request.user.has_perm("eventstreaming.retry_taskresult")

    @operator_action(
        permissions=["retry"],
        description=_("Retry: run the failed task once more"),
        description_plural=_("Retry selected: run failed tasks once more"),
    )
    def retry_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskResult]
    ) -> HttpResponse | None:
        """Enqueue failed tasks again."""
        change = Change(
            title=gettext("Retry tasks"),
            question=counted(
                lambda count: ngettext(
                    "Run %(count)s task once more, if it has failed?",
                    "Run %(count)s tasks once more, those that have failed?",
                    count,
                )
            ),
            done=counted(
                lambda count: ngettext(
                    "%(count)s task was enqueued again.",
                    "%(count)s tasks were enqueued again.",
                    count,
                )
            ),
            passed_over=counted(
                lambda count: ngettext(
                    "%(count)s was passed over: it has not failed.",
                    "%(count)s were passed over: they have not failed.",
                    count,
                )
            ),
            log=gettext("Enqueued again."),
            act=lambda rows, using: [
                row.pk for row in retry_tasks([row.pk for row in rows])
            ],
            yes=gettext("Yes, run them"),
            no=gettext("No, leave them"),
        )
        return self.carry_out(request, queryset, change)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaskResult], search_term: str
    ) -> tuple[QuerySet[TaskResult], bool]:
        """Find a task by its id."""
        number = search_term.strip().removeprefix("#")
        if not number:
            return queryset, False
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            return queryset.none(), False
        return queryset.filter(pk=int(number)), False

    @admin.display(description=_("task"))
    def task_link(self, result: TaskResult) -> str:
        return list_link(self, TaskResult, result.task, task=result.task)

    @admin.display(description=_("queue"))
    def queue_link(self, result: TaskResult) -> str:
        return list_link(self, TaskResult, result.queue, queue=result.queue)

    @admin.display(description=_("status"))
    def condition(self, result: TaskResult) -> str:
        return format_html(
            '<span class="es-state es-{}">{}</span>',
            result.status.lower(),
            result.get_status_display(),
        )

    @admin.display(description=_("message"))
    def message_link(self, result: TaskResult) -> str:
        """Link to the message, which is there until the task has finished."""
        if result.finished_at is not None:
            return "-"
        return object_link(self, Message, result.pk, f"#{result.pk}")

    @admin.display(description=_("priority"))
    def priority(self, result: TaskResult) -> str:
        return str(-result.rank)

    @admin.display(description=_("attempts"))
    def attempts(self, result: TaskResult) -> str:
        return str(len(result.worker_ids))

    @admin.display(description=_("error"))
    def problem(self, result: TaskResult) -> str:
        errors = result.errors or ()
        return error_line(result, errors[-1]["traceback"]) if errors else "-"

    @admin.display(description=_("enqueued"))
    def enqueued(self, result: TaskResult) -> str:
        return moment(result.enqueued_at, precise=True)

    @admin.display(description=_("started"))
    def started(self, result: TaskResult) -> str:
        return moment(result.started_at)

    @admin.display(description=_("last attempt"))
    def last_attempted(self, result: TaskResult) -> str:
        return moment(result.last_attempted_at, precise=True)

    @admin.display(description=_("finished"))
    def finished(self, result: TaskResult) -> str:
        return moment(result.finished_at, precise=True)

    @admin.display(description=_("took"))
    def took(self, result: TaskResult) -> str:
        """Return how long the last attempt took."""
        if result.finished_at is None:
            return "-"
        return duration((result.finished_at - result.last_attempted_at).total_seconds())

    @admin.display(description=_("correlation"))
    def correlation(self, result: TaskResult) -> str:
        """Link to the events of the same correlation."""
        found = result.correlation_id
        return timeline_link(self, Event, found) if found else "-"

    @admin.display(description=_("arguments"))
    def args_block(self, result: TaskResult) -> str:
        return _block(result, _part(result.data, "args"))

    @admin.display(description=_("keyword arguments"))
    def kwargs_block(self, result: TaskResult) -> str:
        return _block(result, _part(result.data, "kwargs"))

    @admin.display(description=_("return value"))
    def value_block(self, result: TaskResult) -> str:
        succeeded = result.status == TaskResult.Status.SUCCESSFUL
        return _block(result, result.return_value) if succeeded else "-"

    @admin.display(description=_("workers"))
    def workers(self, result: TaskResult) -> str:
        return ", ".join(result.worker_ids) or "-"

    @admin.display(description=_("failed attempts"))
    def failures(self, result: TaskResult) -> str:
        """Return the kept errors, the newest first."""
        if not result.errors:
            return "-"
        return format_html(
            '<ol class="es-failures" reversed>{}</ol>',
            format_html_join(
                "",
                "<li>{} {} {}</li>",
                (
                    (
                        moment(parse_datetime(error["at"])),
                        error["exception_class_path"],
                        error_block(result, error["traceback"]),
                    )
                    for error in reversed(result.errors)
                ),
            ),
        )


def _block(result: TaskResult, value: Any) -> str:
    return payload_block(result, result.queue, result.task, value)


def _part(data: Any, name: str) -> Any:
    """Return a part of a call; what is no call is shown as it is."""
    return data[name] if isinstance(data, dict) and name in data else data
