"""The list of sagas, and the page of one with its history."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import (
    list_link,
    moment,
    timeline_link,
)
from eventstreaming.admin.payloads import error_block, error_line, payload_block
from eventstreaming.admin.saga_actions import SagaActionsMixin
from eventstreaming.admin.saga_filters import SagaNameFilter, SagaStateFilter
from eventstreaming.admin.saga_timeline import timeline
from eventstreaming.admin.viewing import ViewOnlyMixin
from eventstreaming.models import Event, Message, Saga
from eventstreaming.processing.sagas.plans import sagas


class SagaAdmin(ViewOnlyMixin, SagaActionsMixin):
    """Sagas, read-only: resumed and cancelled by actions."""

    list_display = ("place", "condition", "at_step", "problem", "progressed")
    list_filter = (SagaStateFilter, SagaNameFilter)
    search_fields = ("saga_id",)  # shows the box; get_search_results() reads it
    search_help_text = _("The id of a saga: 7, or with its name: order/7")
    keyset = ("-id",)
    deferred_fields = ("data", "results", "signals")
    actions = ("resume_selected", "cancel_selected", "skip_selected")
    empty_text = _(
        "No saga has been started yet. Declare one with saga() in a module sagas.py, "
        "and start() it."
    )
    no_match_text = _("No saga matches the filters and the search.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name_link",
                    "saga_id",
                    "condition",
                    "at_step",
                    "due",
                    "done",
                    "error_block",
                    "correlation",
                    "queue_link",
                    "started",
                    "progressed",
                    "finished",
                )
            },
        ),
        (_("History"), {"fields": ("stream_link", "history")}),
        (_("Data"), {"fields": ("data_block", "results_block", "signals_block")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Saga], search_term: str
    ) -> tuple[QuerySet[Saga], bool]:
        """Find a saga by its id, by the index on name and id."""
        term = search_term.strip()
        name, slash, saga_id = term.partition("/")
        if not term:
            return queryset, False
        found = queryset.filter(name__in=sagas.names(), saga_id=term)
        if slash:
            found = found | queryset.filter(name=name, saga_id=saga_id)
        return found, False

    @admin.display(description=_("saga"))
    def place(self, saga: Saga) -> str:
        return str(saga)

    @admin.display(description=_("name"))
    def name_link(self, saga: Saga) -> str:
        return list_link(self, Saga, saga.name, name=saga.name)

    @admin.display(description=_("state"))
    def condition(self, saga: Saga) -> str:
        """Return the state, and how often the step at hand has failed."""
        label = saga.get_state_display()
        if saga.attempts:
            label = ngettext(
                "%(state)s, %(count)d failed attempt",
                "%(state)s, %(count)d failed attempts",
                saga.attempts,
            ) % {"state": label, "count": saga.attempts}
        return format_html('<span class="es-state es-{}">{}</span>', saga.state, label)

    @admin.display(description=_("step"))
    def at_step(self, saga: Saga) -> str:
        if saga.waiting_for:
            return gettext("%(step)s, waits for %(signal)s") % {
                "step": saga.step,
                "signal": saga.waiting_for,
            }
        return saga.step or "-"

    @admin.display(description=_("next at"))
    def due(self, saga: Saga) -> str:
        return moment(saga.due_at)

    @admin.display(description=_("error"))
    def problem(self, saga: Saga) -> str:
        return error_line(saga, saga.error)

    @admin.display(description=_("error"))
    def error_block(self, saga: Saga) -> str:
        return error_block(saga, saga.error)

    @admin.display(description=_("completed steps"))
    def done(self, saga: Saga) -> str:
        return ", ".join(saga.completed) or "-"

    @admin.display(description=_("started"))
    def started(self, saga: Saga) -> str:
        return moment(saga.started_at)

    @admin.display(description=_("last progress"))
    def progressed(self, saga: Saga) -> str:
        return moment(saga.progressed_at)

    @admin.display(description=_("finished"))
    def finished(self, saga: Saga) -> str:
        return moment(saga.finished_at)

    @admin.display(description=_("correlation"))
    def correlation(self, saga: Saga) -> str:
        found = saga.correlation_id
        return timeline_link(self, Event, found)

    @admin.display(description=_("queue"))
    def queue_link(self, saga: Saga) -> str:
        queue = f"saga:{saga.name}"
        return list_link(self, Message, queue, queue=queue)

    @admin.display(description=_("stream"))
    def stream_link(self, saga: Saga) -> str:
        return list_link(self, Event, saga.stream_name, stream=saga.stream_name)

    @admin.display(description=_("history"))
    def history(self, saga: Saga) -> str:
        return timeline(self, saga)

    @admin.display(description=_("data"))
    def data_block(self, saga: Saga) -> str:
        return payload_block(saga, saga.stream_name, saga.name, saga.data)

    @admin.display(description=_("results"))
    def results_block(self, saga: Saga) -> str:
        return payload_block(saga, saga.stream_name, saga.name, saga.results)

    @admin.display(description=_("signals"))
    def signals_block(self, saga: Saga) -> str:
        return payload_block(saga, saga.stream_name, saga.name, saga.signals)
