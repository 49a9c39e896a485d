"""The schedules: when they run, and what they enqueue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import list_link, moment, summary
from eventstreaming.admin.payloads import is_redacted, may_see_payloads, payload_block
from eventstreaming.admin.schedule_actions import ScheduleActionsMixin
from eventstreaming.admin.schedule_form import FIELDS, ScheduleForm
from eventstreaming.models import Message, Schedule
from eventstreaming.operations.scheduling import plan_schedules, state_of, times_of

STATES = {
    "active": _("active"),
    "paused": _("paused"),
    "removed": _("disabled: not declared any more"),
    "ended": _("ended"),
}


class ScheduleAdmin(ScheduleActionsMixin):
    """
    Schedules of code are shown, those of people edited.

    A worker keeps those of code as they are declared, so they are changed there;
    pausing, resuming and running works for all.
    """

    form = ScheduleForm
    list_display = (
        "name",
        "times",
        "queue_link",
        "condition",
        "next_run",
        "last_run",
        "runs",
        "problem",
    )
    search_fields = ("name", "queue")
    search_help_text = _("A part of a name or of a queue's name.")
    keyset = ("name",)
    actions = ("run_selected", "pause_selected", "resume_selected")
    empty_text = _(
        "There is no schedule. Declare one with schedule() in a module "
        "subscriptions.py and start a worker, or add one here."
    )
    no_match_text = _("No schedule has such a name.")
    readonly_fields = ("origin", "condition", "next_run", "last_run", "runs", "error")

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        if obj is None:
            return FIELDS
        if not self.has_change_permission(request, obj):
            shown = ("name", "queue_link", "message_type", "pretty_data", "times")
            return (*shown, *FIELDS[7:], *self.readonly_fields)
        return (*FIELDS, *self.readonly_fields)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Schedule | None = None
    ) -> tuple[str, ...]:
        """Keep the name of a stored schedule: messages carry it."""
        if obj is None:
            return self.readonly_fields
        return ("name", *self.readonly_fields, "queue_link", "times", "pretty_data")

    def has_change_permission(
        self, request: HttpRequest, obj: Schedule | None = None
    ) -> bool:
        """
        Refuse to edit what the code declares: the next worker would undo it.

        The form has the data, so it is for those who may see all of it.
        """
        if obj is not None:
            if obj.declared and obj.removed_at is None:
                return False
            if not may_see_payloads(request) or is_redacted(*_content(obj)):
                return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: Schedule | None = None
    ) -> bool:
        """Refuse to delete what the code declares: the next worker would add it."""
        if obj is not None and obj.declared and obj.removed_at is None:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Schedule, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if not change or {"cron", "every", "timezone"} & set(form.changed_data):
            plan_schedules([obj.name])

    @admin.display(description=_("times"))
    def times(self, schedule: Schedule) -> str:
        return times_of(schedule)

    @admin.display(description=_("queue"))
    def queue_link(self, schedule: Schedule) -> str:
        return list_link(self, Message, schedule.queue, queue=schedule.queue)

    @admin.display(description=_("data"))
    def pretty_data(self, schedule: Schedule) -> str:
        return payload_block(schedule, *_content(schedule))

    @admin.display(description=_("state"))
    def condition(self, schedule: Schedule) -> str:
        state = state_of(schedule)
        style = "stopped" if state == "ended" or schedule.error else state
        return format_html(
            '<span class="es-state es-{}">{}</span>', style, STATES[state]
        )

    @admin.display(description=_("declared in"))
    def origin(self, schedule: Schedule) -> str:
        return gettext("code") if schedule.declared else gettext("the admin")

    @admin.display(description=_("next run"))
    def next_run(self, schedule: Schedule) -> str:
        return moment(schedule.next_at)

    @admin.display(description=_("last run"))
    def last_run(self, schedule: Schedule) -> str:
        return moment(schedule.last_at)

    @admin.display(description=_("error"))
    def problem(self, schedule: Schedule) -> str:
        return summary(schedule.error) if schedule.error else "-"


def _content(schedule: Schedule) -> tuple[str, str, Any]:
    return schedule.queue, schedule.message_type or "", schedule.data
