"""The list of events, newest first, and the page of one event."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.event_export import export_events
from eventstreaming.admin.event_filters import (
    CategoryFilter,
    CausationFilter,
    CorrelationFilter,
    StreamFilter,
    TypeFilter,
    in_stream,
)
from eventstreaming.admin.event_forms import raw_event, typed_block
from eventstreaming.admin.event_jumps import jump
from eventstreaming.admin.event_pages import EventChangeList
from eventstreaming.admin.event_search import EventSearch, is_uuid
from eventstreaming.admin.event_search_hints import hints
from eventstreaming.admin.event_tail import (
    PAGE_URL,
    ROWS_URL,
    TailChangeList,
    is_tail,
    tail_page,
    tail_rows,
)
from eventstreaming.admin.formats import (
    ending,
    list_link,
    moment,
    object_link,
    timeline_link,
)
from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.admin.payloads import payload_block
from eventstreaming.admin.timeline import timeline_page
from eventstreaming.admin.viewing import KeysetAdmin, ViewOnlyMixin
from eventstreaming.models import Event

EFFECTS_SHOWN = 10
PAYLOAD = ("data", "metadata")


class EventAdmin(ViewOnlyMixin, KeysetAdmin):
    """Events, read-only. One query per page, without counting."""

    list_display = ("position", "place", "event_type", "time", "story")
    list_filter = (
        StreamFilter,
        CategoryFilter,
        TypeFilter,
        CorrelationFilter,
        CausationFilter,
    )
    search_fields = ("position",)  # shows the box; get_search_results() reads it
    search_help_text = _(
        "A stream (order-123), one event of it (order-123@7), a category (order-*), the "
        "id of an event or of its correlation, a position (#12345), type:OrderPlaced, "
        "correlation:…, causation:…"
    )
    keyset = ("-position",)
    deferred_fields = PAYLOAD
    tail_seconds = 2.0  # between two looks for new events
    tail_length = 500  # events that the page of the tail keeps
    empty_text = _("No event yet. append() writes the first one.")
    no_match_text = _("No event matches the filters and the search.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "position",
                    "stream_link",
                    "offset",
                    "event_type",
                    "schema_version",
                    "precise_time",
                    "event_id",
                    "key",
                    "neighbours",
                )
            },
        ),
        (_("Story"), {"fields": ("correlation", "cause", "effects")}),
        (
            _("Payload"),
            {"fields": ("data_block", "metadata_block", "typed", "raw")},
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the timeline of a correlation id, raw events, export and jumps."""
        wrap = self.admin_site.admin_view
        timeline, export = wrap(self.timeline_view), wrap(self.export_view)
        go = wrap(self.jump_view)
        return [
            path("timeline/", timeline, name="eventstreaming_event_timeline"),
            path("export/", export, name="eventstreaming_event_export"),
            path("jump/", go, name="eventstreaming_event_jump"),
            path("tail/", wrap(self.tail_view), name=PAGE_URL),
            path("tail/rows/", wrap(self.tail_rows_view), name=ROWS_URL),
            path(
                "<path:object_id>/raw/",
                wrap(self.raw_view),
                name="eventstreaming_event_raw",
            ),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Answer what the list's filters let through; see export_events()."""
        return export_events(self, request)

    def jump_view(self, request: HttpRequest) -> HttpResponse:
        """Go to a time, a position or an offset; see jump()."""
        return jump(self, request)

    def tail_view(self, request: HttpRequest) -> HttpResponse:
        """Show new events as they come; see tail_page()."""
        return tail_page(self, request)

    def tail_rows_view(self, request: HttpRequest) -> HttpResponse:
        """Answer what has come since; see tail_rows()."""
        return tail_rows(self, request)

    def raw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer one event as JSON; see raw_event()."""
        return raw_event(self, request, object_id)

    def get_changelist(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[KeysetChangeList]:
        return TailChangeList if is_tail(request) else EventChangeList

    def get_export_url(self, changelist: KeysetChangeList) -> str:
        url = reverse(
            "admin:eventstreaming_event_export", current_app=self.admin_site.name
        )
        return f"{url}{changelist.get_query_string(remove=[PAGE_VAR])}"

    def timeline_view(self, request: HttpRequest) -> HttpResponse:
        """Show what belongs to one correlation id; see timeline_page()."""
        return timeline_page(self, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("stream")

    def get_keyset(
        self, request: HttpRequest, changelist: KeysetChangeList
    ) -> Sequence[str]:
        """Order by position; in one stream by offset, which is the same order."""
        if "stream" in request.GET or EventSearch.parse(changelist.query).stream:
            return ("-offset",)
        return self.keyset

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Apply the terms that an index serves."""
        search = EventSearch.parse(search_term)
        if search.stream is not None:
            queryset = in_stream(queryset, search.stream)
        if search.any_id is not None:
            queryset = queryset.filter(
                Q(event_id=search.any_id) | Q(correlation_id=search.any_id)
            )
        for name in (
            "offset",
            "category",
            "position",
            "correlation_id",
            "causation_id",
        ):
            value = getattr(search, name)
            if value is not None:
                queryset = queryset.filter(**{name: value})
        return queryset, False

    def get_empty_text(self, changelist: KeysetChangeList) -> str:
        """Say why the search found nothing."""
        text = super().get_empty_text(changelist)
        if changelist.result_list:
            return text
        return " ".join([text, *hints(EventSearch.parse(changelist.query))])

    def get_scan_condition(self, changelist: KeysetChangeList) -> Q:
        event_type = EventSearch.parse(changelist.query).event_type
        return Q() if event_type is None else Q(event_type=event_type)

    @admin.display(description=_("stream@offset"))
    def place(self, event: Event) -> str:
        name = event.stream.name
        return list_link(self, Event, f"{name}@{event.offset}", stream=name)

    @admin.display(description=_("stream"))
    def stream_link(self, event: Event) -> str:
        return list_link(self, Event, event.stream.name, stream=event.stream.name)

    @admin.display(description=_("time"))
    def time(self, event: Event) -> str:
        return moment(event.timestamp)

    @admin.display(description=_("time"))
    def precise_time(self, event: Event) -> str:
        return moment(event.timestamp, precise=True)

    @admin.display(description=_("correlation"))
    def story(self, event: Event) -> str:
        found = event.correlation_id
        return (
            list_link(self, Event, ending(found), correlation=found) if found else "-"
        )

    @admin.display(description=_("correlation"))
    def correlation(self, event: Event) -> str:
        """Link to the story: of its own id, or the one that the event has begun."""
        if event.correlation_id:
            return timeline_link(self, Event, event.correlation_id)
        own = str(event.event_id)
        if not Event.objects.filter(correlation_id=own).exists():
            return "-"
        link = timeline_link(self, Event, own)
        return format_html("{} {}", gettext("none; it has begun"), link)

    @admin.display(description=_("in the stream"))
    def neighbours(self, event: Event) -> str:
        """Link to the events before and after this one in its stream."""
        siblings = Event.objects.filter(stream_id=event.stream_id)
        siblings = siblings.select_related("stream").defer(*PAYLOAD)
        before = siblings.filter(offset__lt=event.offset).order_by("-offset").first()
        after = siblings.filter(offset__gt=event.offset).order_by("offset").first()
        return format_html(
            '<ul class="es-links"><li>{} {}</li><li>{} {}</li></ul>',
            gettext("Previous:"),
            self._link(before) if before else gettext("none, this is the first"),
            gettext("Next:"),
            self._link(after) if after else gettext("none, this is the last"),
        )

    @admin.display(description=_("caused by"))
    def cause(self, event: Event) -> str:
        """Link to the event that caused this one, if its cause is an event."""
        found = event.causation_id
        if not found:
            return "-"
        if not is_uuid(found):
            return found
        causes = Event.objects.filter(event_id=found).select_related("stream")
        cause = causes.defer(*PAYLOAD).first()
        return found if cause is None else self._link(cause)

    @admin.display(description=_("caused"))
    def effects(self, event: Event) -> str:
        """Link to the events that name this one as their cause."""
        caused = Event.objects.filter(causation_id=str(event.event_id))
        rows = caused.select_related("stream").defer(*PAYLOAD).order_by("position")
        found = list(rows[: EFFECTS_SHOWN + 1])
        if not found:
            return "-"
        links = [self._link(effect) for effect in found[:EFFECTS_SHOWN]]
        if len(found) > EFFECTS_SHOWN:
            everything = gettext("Show all")
            links.append(
                list_link(self, Event, everything, causation=str(event.event_id))
            )
        return format_html(
            '<ul class="es-links">{}</ul>',
            format_html_join("", "<li>{}</li>", ((link,) for link in links)),
        )

    @admin.display(description=_("data"))
    def data_block(self, event: Event) -> str:
        return payload_block(event, event.stream.name, event.event_type, event.data)

    @admin.display(description=_("metadata"))
    def metadata_block(self, event: Event) -> str:
        name, type_name = event.stream.name, event.event_type
        return payload_block(event, name, type_name, event.metadata, "metadata")

    @admin.display(description=_("as its class"))
    def typed(self, event: Event) -> str:
        return typed_block(event)

    @admin.display(description=_("raw"))
    def raw(self, event: Event) -> str:
        """Link to the event as JSON."""
        url = reverse(
            "admin:eventstreaming_event_raw",
            args=(event.pk,),
            current_app=self.admin_site.name,
        )
        return format_html('<a href="{}">{}</a>', url, gettext("Show as JSON"))

    def _link(self, event: Event) -> str:
        place = f"{event.event_type} {event.stream.name}@{event.offset}"
        return object_link(self, Event, event.pk, place)
