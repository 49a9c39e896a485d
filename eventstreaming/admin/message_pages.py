"""What the pages of messages and of dead letters have in common."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import (
    list_link,
    moment,
    timeline_link,
)
from eventstreaming.admin.payloads import error_block, payload_block
from eventstreaming.admin.viewing import KeysetAdmin, ViewOnlyMixin
from eventstreaming.models import Event


class MessagePageAdmin(ViewOnlyMixin, KeysetAdmin):
    """Columns and fields of a message, alive or dead."""

    search_fields = ("id",)  # shows the box; get_search_results() reads it
    search_help_text = _("The id of a message.")
    keyset = ("-id",)
    deferred_fields = ("data", "headers", "errors")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Find a message by its id."""
        number = search_term.strip().removeprefix("#")
        if not number:
            return queryset, False
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            return queryset.none(), False
        return queryset.filter(pk=int(number)), False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Leave the queue out of the list of one queue."""
        columns = list(super().get_list_display(request))
        if "queue" in request.GET:
            columns.remove("queue_link")
        return columns

    @admin.display(description=_("queue"))
    def queue_link(self, message: Any) -> str:
        return list_link(self, self.model, message.queue, queue=message.queue)

    @admin.display(description=_("enqueued"))
    def enqueued(self, message: Any) -> str:
        return moment(message.enqueued_at)

    @admin.display(description=_("priority"))
    def priority(self, message: Any) -> str:
        return str(-message.rank)

    @admin.display(description=_("correlation"))
    def correlation(self, message: Any) -> str:
        """Link to the events of the same correlation."""
        found = message.correlation_id
        return timeline_link(self, Event, found) if found else "-"

    @admin.display(description=_("data"))
    def data_block(self, message: Any) -> str:
        return payload_block(
            message, message.queue, message.message_type or "", message.data
        )

    @admin.display(description=_("headers"))
    def headers_block(self, message: Any) -> str:
        name, headers = message.message_type or "", message.headers or {}
        return payload_block(message, message.queue, name, headers, "headers")

    @admin.display(description=_("failed attempts"))
    def failures(self, message: Any) -> str:
        """Return the kept failures, the newest first."""
        if not message.errors:
            return "-"
        return format_html(
            '<ol class="es-failures" reversed>{}</ol>',
            format_html_join(
                "",
                "<li>{} {}</li>",
                (
                    (
                        moment(parse_datetime(failure["at"])),
                        error_block(message, failure["error"]),
                    )
                    for failure in reversed(message.errors)
                ),
            ),
        )
