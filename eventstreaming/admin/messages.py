"""The list of live messages, and the page of one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.formats import duration, moment
from eventstreaming.admin.message_actions import ACTIONS, MessageActionsMixin
from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.admin.queue_filters import (
    LiveQueueFilter,
    StateFilter,
    message_order,
)
from eventstreaming.models import Message


class MessageAdmin(MessageActionsMixin):
    """Messages that wait or are being handled; an acknowledged one is gone."""

    list_display = (
        "id",
        "queue_link",
        "message_type",
        "situation",
        "deliveries",
        "attempts",
        "age",
    )
    list_filter = (LiveQueueFilter, StateFilter)
    actions = ACTIONS
    empty_text = _(
        "No message is waiting. enqueue() puts one in; a worker takes it out again."
    )
    no_match_text = _("No message matches the filters and the search.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "queue_link",
                    "message_type",
                    "schema_version",
                    "situation",
                    "leased",
                    "due",
                    "deliveries",
                    "attempts",
                    "max_attempts",
                    "worker_id",
                    "priority",
                    "group_key",
                    "deduplication_key",
                    "correlation",
                    "enqueued",
                    "expires",
                )
            },
        ),
        (_("Payload"), {"fields": ("data_block", "headers_block")}),
        (_("Failures"), {"fields": ("failures",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Note the database's time: leases go by its clock."""
        messages: QuerySet[Message] = super().get_queryset(request)
        return messages.annotate(read_at=Now())

    def get_keyset(
        self, request: HttpRequest, changelist: KeysetChangeList
    ) -> Sequence[str]:
        return message_order(request)

    @admin.display(description=_("state"))
    def situation(self, message: Any) -> str:
        """Return the state, and how long it lasts."""
        if message.leased_until > message.read_at:
            rest = message.leased_until - message.read_at
            text = gettext("in flight for {}")
            if message.cancel_requested:
                text = gettext("in flight for {}, asked to end")
            return format_html(text, duration(rest.total_seconds()))
        if message.cancel_requested:
            return gettext("cancelled: a dead letter at its next delivery")
        if message.state == Message.State.DEFERRED:
            rest = message.due_at - message.read_at
            if rest <= timedelta():
                return gettext("due")
            return format_html(gettext("due in {}"), duration(rest.total_seconds()))
        if message.state == Message.State.BLOCKED:
            return gettext("blocked by an older one of its group")
        return gettext("ready")

    @admin.display(description=_("age"))
    def age(self, message: Any) -> str:
        return duration((message.read_at - message.enqueued_at).total_seconds())

    @admin.display(description=_("leased until"))
    def leased(self, message: Message) -> str:
        ever = message.leased_until.year > 1970  # the epoch stands for never
        return moment(message.leased_until if ever else None, precise=True)

    @admin.display(description=_("due at"))
    def due(self, message: Message) -> str:
        return moment(message.due_at, precise=True)

    @admin.display(description=_("expires at"))
    def expires(self, message: Message) -> str:
        return moment(message.expires_at, precise=True)
