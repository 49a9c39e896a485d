"""The queues at a glance, and their settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.cursors import Cursor
from eventstreaming.admin.formats import (
    add_link,
    duration,
    list_link,
    moment,
    object_link,
)
from eventstreaming.admin.keysets import Keyset
from eventstreaming.admin.pages import UncountedChangeList
from eventstreaming.admin.queue_filters import BLOCKED, DELAYED, READY
from eventstreaming.admin.queue_form import QueueForm
from eventstreaming.admin.viewing import StyledAdmin
from eventstreaming.backends import event_store
from eventstreaming.events.patterns import is_pattern, matching
from eventstreaming.models import DeadLetter, Message, Queue
from eventstreaming.operations.queue_names import (
    dead_letter_queue_names,
    live_queue_names,
)
from eventstreaming.types import QueueInfo


@dataclass(frozen=True, slots=True)
class Glance:
    """What a row of the list shows besides the settings."""

    info: QueueInfo | None  # a pattern holds no messages
    paused_at: datetime | None
    has_settings: bool
    may_add_settings: bool


class QueueChangeList(UncountedChangeList):
    """
    All queues, with settings or without.

    A queue that has no settings is shown as an unsaved row. The numbers of a
    page cost one statement, bounded for each queue.
    """

    def get_results(self, request: HttpRequest) -> None:
        keyset = Keyset(Queue, ("name",))
        try:
            cursor = Cursor.parse(request.GET.get(PAGE_VAR), keyset)
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        stored = {queue.name: queue for queue in self.queryset}
        pauses = _pauses()
        prefix = self.query.strip()
        names = {*stored, *live_queue_names(), *dead_letter_queue_names()}
        chosen = sorted(name for name in names if name.startswith(prefix))
        may_add = self.model_admin.has_add_permission(request)
        page = self._page(chosen, cursor)
        named = [name for name in page if not is_pattern(name)]
        infos = dict(zip(named, event_store.queue_infos(named), strict=True))
        rows = []
        for name in page:
            queue: Any = stored.get(name) or Queue(name=name)
            queue.glance = Glance(
                infos.get(name),
                _paused_at(name, pauses),
                name in stored,
                may_add,
            )
            rows.append(queue)
        self.show(rows)
        back = rows and rows[0].name > chosen[0]
        onward = rows and rows[-1].name < chosen[-1]
        self.link_pages(
            back=Cursor((rows[0].name,), backwards=True) if back else None,
            onward=Cursor((rows[-1].name,)) if onward else None,
            newest_first=False,
        )
        self.empty_text = (
            gettext("No queue has a name that begins like this.")
            if prefix
            else gettext(
                "No queue holds a message or has settings. A queue needs no set-up: "
                "enqueue() to any name makes one."
            )
        )

    def _page(self, names: list[str], cursor: Cursor) -> Sequence[str]:
        if cursor.place is not None:
            (place,) = cursor.place
            names = [
                name
                for name in names
                if (name < place if cursor.backwards else name > place)
            ]
        size = self.list_per_page
        return names[-size:] if cursor.backwards else names[:size]


def _pauses() -> dict[str, datetime]:
    """Return since when names and patterns are paused."""
    paused = Queue.objects.filter(paused_at__isnull=False)
    return {queue.name: queue.paused_at for queue in paused if queue.paused_at}


def _paused_at(name: str, pauses: dict[str, datetime]) -> datetime | None:
    """Return since when something pauses a queue."""
    places = [name] if is_pattern(name) else matching(name)
    return min((pauses[place] for place in places if place in pauses), default=None)


class QueueAdmin(StyledAdmin):
    """Depth and age of each queue, with links to its messages and settings."""

    form = QueueForm
    list_display = (
        "queue",
        "ready",
        "in_flight",
        "delayed",
        "blocked",
        "dead",
        "oldest",
        "delivery",
        "settings",
    )
    list_display_links = None
    list_per_page = 50
    search_fields = ("name",)
    search_help_text = _("The beginning of a name.")
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("name",)
    actions = None

    def get_changelist(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[QueueChangeList]:
        return QueueChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": gettext("Queues"), **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Queue], search_term: str
    ) -> tuple[QuerySet[Queue], bool]:
        """Find names by their beginning."""
        prefix = search_term.strip()
        return (queryset.filter(name__startswith=prefix) if prefix else queryset), False

    def get_fields(self, request: HttpRequest, obj: Queue | None = None) -> Any:
        fields = ["name", "description", "paused", *QueueForm.Meta.fields[2:]]
        if obj is not None and not self.has_change_permission(request, obj):
            fields[2] = "paused_at"
        return fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: Queue | None = None
    ) -> tuple[str, ...]:
        """Keep the name of stored settings: another name is another queue."""
        return () if obj is None else ("name",)

    def save_model(
        self, request: HttpRequest, obj: Queue, form: QueueForm, change: bool
    ) -> None:
        """Wake idle workers at the end of a pause, as configure_queue() does."""
        super().save_model(request, obj, form, change)
        if "paused" in form.changed_data and obj.paused_at is None:
            self._wake(obj.name)

    def delete_model(self, request: HttpRequest, obj: Queue) -> None:
        """Delete the settings, and with them a pause."""
        name, was_paused = obj.name, obj.paused_at is not None
        super().delete_model(request, obj)
        if was_paused:
            self._wake(name)

    def _wake(self, name: str) -> None:
        if not is_pattern(name):
            event_store.messages_changed(name)

    @admin.display(description=_("queue"))
    def queue(self, queue: Any) -> str:
        if queue.glance.info is None:
            return str(queue.name)
        return list_link(self, Message, queue.name, queue=queue.name)

    @admin.display(description=_("ready"))
    def ready(self, queue: Any) -> str:
        return self._count(queue, "ready", Message, state=READY)

    @admin.display(description=_("in flight"))
    def in_flight(self, queue: Any) -> str:
        return self._count(queue, "in_flight", Message, state=READY)

    @admin.display(description=_("delayed"))
    def delayed(self, queue: Any) -> str:
        return self._count(queue, "delayed", Message, state=DELAYED)

    @admin.display(description=_("blocked"))
    def blocked(self, queue: Any) -> str:
        return self._count(queue, "blocked", Message, state=BLOCKED)

    @admin.display(description=_("dead"))
    def dead(self, queue: Any) -> str:
        return self._count(queue, "dead", DeadLetter)

    @admin.display(description=_("oldest ready"))
    def oldest(self, queue: Any) -> str:
        info = queue.glance.info
        return "-" if info is None else duration(info.oldest_age)

    @admin.display(description=_("delivery"))
    def delivery(self, queue: Any) -> str:
        paused_at = queue.glance.paused_at
        if paused_at is None:
            return gettext("on")
        return format_html(gettext("paused since {}"), moment(paused_at))

    @admin.display(description=_("settings"))
    def settings(self, queue: Any) -> str:
        if queue.glance.has_settings:
            return object_link(self, Queue, queue.name, gettext("Show"))
        if queue.glance.may_add_settings:
            return add_link(self, Queue, gettext("Set"), name=queue.name)
        return gettext("built-in")

    def _count(self, queue: Any, what: str, model: Any, **filters: str) -> str:
        """Return a number that links to what it counts; `~` is an estimate."""
        info = queue.glance.info
        if info is None:
            return "-"
        count: int = getattr(info, what)
        text = f"~{count:,}" if what in info.estimated else f"{count:,}"
        if not count:
            return text
        return list_link(self, model, text, queue=queue.name, **filters)
