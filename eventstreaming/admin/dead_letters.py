"""The list of dead letters, and sending them back."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming import services
from eventstreaming.admin.actions import operator_action
from eventstreaming.admin.bulk import Change, counted
from eventstreaming.admin.discarding import DiscardMixin, by_queue
from eventstreaming.admin.edited_redrive import EditedRedriveMixin
from eventstreaming.admin.formats import list_link, moment
from eventstreaming.admin.payloads import error_block, error_line
from eventstreaming.admin.queue_filters import (
    DeadQueueFilter,
    FingerprintFilter,
    ReasonFilter,
)
from eventstreaming.models import DeadLetter


class DeadLetterAdmin(DiscardMixin, EditedRedriveMixin):
    """Messages that are not delivered again: to be sent back, or deleted."""

    list_display = (
        "id",
        "queue_link",
        "message_type",
        "reason",
        "error_line",
        "died",
    )
    list_filter = (DeadQueueFilter, ReasonFilter, FingerprintFilter)
    actions = ("redrive_selected", "discard_selected")
    empty_text = _(
        "No dead letter: every message was delivered, or is still tried. A message "
        "comes here when its attempts are used up or its handler rejects it."
    )
    no_match_text = _("No dead letter matches the filters and the search.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "queue_link",
                    "message_type",
                    "schema_version",
                    "reason",
                    "error_block",
                    "same_error",
                    "deliveries",
                    "attempts",
                    "max_attempts",
                    "priority",
                    "group_key",
                    "correlation",
                    "enqueued",
                    "died",
                )
            },
        ),
        (_("Payload"), {"fields": ("data_block", "headers_block")}),
        (_("Failures"), {"fields": ("failures",)}),
    )

    @operator_action(
        permissions=["redrive"],
        description=_("Redrive: send back to the queue"),
        description_plural=_("Redrive selected: send back to their queues"),
    )
    def redrive_selected(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter]
    ) -> HttpResponse | None:
        """Send dead letters back to their queues."""
        change = Change(
            title=gettext("Redrive dead letters"),
            question=counted(
                lambda count: ngettext(
                    "Send %(count)s dead letter back to its queue? It starts again "
                    "with all its attempts.",
                    "Send %(count)s dead letters back to their queues? They start "
                    "again with all their attempts.",
                    count,
                )
            ),
            done=counted(
                lambda count: ngettext(
                    "%(count)s message was sent back to its queue.",
                    "%(count)s messages were sent back to their queues.",
                    count,
                )
            ),
            passed_over=counted(
                lambda count: ngettext(
                    "%(count)s was passed over: somebody else is sending it back.",
                    "%(count)s were passed over: somebody else is sending them back.",
                    count,
                )
            ),
            log=gettext("Sent back to the queue."),
            act=lambda rows, using: by_queue(services.redrive, rows, using),
            yes=gettext("Yes, send them back"),
            no=gettext("No, leave them"),
            leaves=True,
        )
        return self.carry_out(request, queryset, change)

    @admin.display(description=_("error"))
    def error_line(self, letter: DeadLetter) -> str:
        return error_line(letter, letter.error)

    @admin.display(description=_("error"))
    def error_block(self, letter: DeadLetter) -> str:
        return error_block(letter, letter.error)

    @admin.display(description=_("same error"))
    def same_error(self, letter: DeadLetter) -> str:
        """Link to the dead letters of the queue that died of the same error."""
        if not letter.fingerprint:
            return "-"
        return list_link(
            self,
            DeadLetter,
            gettext("Show all with this error"),
            queue=letter.queue,
            fingerprint=letter.fingerprint,
        )

    @admin.display(description=_("died"))
    def died(self, letter: DeadLetter) -> str:
        return moment(letter.died_at)
