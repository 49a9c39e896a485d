"""The workers: which processes run handlers, and what they do."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import moment
from eventstreaming.admin.viewing import KeysetAdmin, ViewOnlyMixin
from eventstreaming.models import WorkerHeartbeat
from eventstreaming.operations.worker_status import SILENT_SECONDS


class WorkerHeartbeatAdmin(ViewOnlyMixin, KeysetAdmin):
    """Workers, read-only: they write their rows themselves."""

    list_display = (
        "name",
        "condition",
        "in_flight",
        "done",
        "failed",
        "handled",
        "size",
        "started",
        "beat",
    )
    search_fields = ("worker_id",)
    search_help_text = _("A part of a host's name, or of a worker's.")
    keyset = ("worker_id",)
    actions = None
    empty_text = _("No worker is running. Start one: manage.py runworker.")
    no_match_text = _("No worker has such a name.")
    fields = (
        "worker_id",
        "host",
        "pid",
        "supervisor_pid",
        "version",
        "condition",
        "queue_names",
        "subscription_names",
        "threads",
        "in_flight",
        "done",
        "failed",
        "handled",
        "size",
        "started",
        "beat",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkerHeartbeat]:
        is_silent = Q(beat_at__lt=Now() - timedelta(seconds=SILENT_SECONDS))
        rows: QuerySet[WorkerHeartbeat] = super().get_queryset(request)
        return rows.annotate(
            is_silent=ExpressionWrapper(is_silent, output_field=BooleanField())
        )

    @admin.display(description=_("worker"))
    def name(self, worker: WorkerHeartbeat) -> str:
        """Return where the process runs."""
        return f"{worker.host}:{worker.pid}"

    @admin.display(description=_("state"))
    def condition(self, worker: Any) -> str:
        """Return the state, or that nothing is heard of the worker."""
        if worker.is_silent:
            return format_html(
                '<span class="es-state es-silent">{}</span>', gettext("silent")
            )
        return format_html(
            '<span class="es-state es-{}">{}</span>',
            worker.state,
            worker.get_state_display(),
        )

    @admin.display(description=_("queues"))
    def queue_names(self, worker: WorkerHeartbeat) -> str:
        return ", ".join(map(str, worker.queues)) or "-"

    @admin.display(description=_("subscriptions"))
    def subscription_names(self, worker: WorkerHeartbeat) -> str:
        return ", ".join(map(str, worker.subscriptions)) or "-"

    @admin.display(description=_("memory"))
    def size(self, worker: WorkerHeartbeat) -> str:
        return "-" if worker.memory is None else filesizeformat(worker.memory)

    @admin.display(description=_("started at"))
    def started(self, worker: WorkerHeartbeat) -> str:
        return moment(worker.started_at)

    @admin.display(description=_("last heartbeat"))
    def beat(self, worker: WorkerHeartbeat) -> str:
        return moment(worker.beat_at)
