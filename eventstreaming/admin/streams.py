"""The list of streams."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import list_link, moment, object_link, tail_link
from eventstreaming.admin.viewing import KeysetAdmin, ViewOnlyMixin
from eventstreaming.models import Event, Stream

NEWEST_SHOWN = 20
LAST_CHARACTER = "\U0010ffff"


class StreamAdmin(ViewOnlyMixin, KeysetAdmin):
    """Streams by name; the length comes from the row, not from counting."""

    list_display = ("name", "category_link", "kind", "length", "events", "created")
    search_fields = ("name",)
    search_help_text = _("The beginning of a name: order-12 finds order-123.")
    keyset = ("name",)
    empty_text = _("No stream yet. The first append() to a name creates it.")
    no_match_text = _("No stream has a name that begins like this.")
    fields = (
        "name",
        "category_link",
        "kind",
        "state",
        "first_offset",
        "next_offset",
        "length",
        "events",
        "live_tail",
        "created",
        "go_to",
        "newest",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Stream], search_term: str
    ) -> tuple[QuerySet[Stream], bool]:
        """Find names by their beginning: a range of the index."""
        prefix = search_term.strip()
        if prefix:
            queryset = queryset.filter(
                name__gte=prefix, name__lt=prefix + LAST_CHARACTER
            )
        return queryset, False

    @admin.display(description=_("category"))
    def category_link(self, stream: Stream) -> str:
        return list_link(self, Event, stream.category, category=stream.category)

    @admin.display(description=_("length"))
    def length(self, stream: Stream) -> str:
        """Return how many events are kept; a concurrent stream does not know."""
        if stream.state == Stream.State.DELETED:
            return gettext("deleted")
        if stream.kind == Stream.Kind.CONCURRENT:
            return gettext("not known")
        return f"{stream.next_offset - stream.first_offset:,}"

    @admin.display(description=_("events"))
    def events(self, stream: Stream) -> str:
        return list_link(self, Event, gettext("Show events"), stream=stream.name)

    @admin.display(description=_("live tail"))
    def live_tail(self, stream: Stream) -> str:
        return tail_link(self, Event, gettext("Show new events"), stream.name)

    @admin.display(description=_("created"))
    def created(self, stream: Stream) -> Any:
        return moment(stream.created_at)

    @admin.display(description=_("go to"))
    def go_to(self, stream: Stream) -> str:
        """Return the fields of the form that stands outside of the object's own."""
        return render_to_string(
            "admin/eventstreaming/jump_fields.html", {"form": "es-jump"}
        )

    @admin.display(description=_("newest events"))
    def newest(self, stream: Stream) -> str:
        """Link to the newest events, the last one first."""
        rows = stream.events.order_by("-offset").defer("data", "metadata")
        links = [
            (
                moment(event.timestamp),
                object_link(
                    self, Event, event.pk, f"@{event.offset} {event.event_type}"
                ),
            )
            for event in rows[:NEWEST_SHOWN]
        ]
        if not links:
            return gettext("none")
        return format_html(
            '<ul class="es-links">{}</ul>',
            format_html_join("", "<li>{} {}</li>", links),
        )
