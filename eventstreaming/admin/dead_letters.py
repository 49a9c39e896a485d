"""The list of dead letters, and sending them back."""

from collections import defaultdict

from django.contrib import admin, messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming import services
from eventstreaming.admin.actions import back_to_list, log_action, operator_action
from eventstreaming.admin.discarding import AT_ONCE, DiscardMixin
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
        """Send dead letters back, log each one, and tell how many."""
        with transaction.atomic(using=router.db_for_write(DeadLetter)):
            chosen = list(queryset.only("id", "queue")[:AT_ONCE])
            ids_by_queue = defaultdict(list)
            for letter in chosen:
                ids_by_queue[letter.queue].append(str(letter.pk))
            for queue, ids in ids_by_queue.items():
                services.redrive(queue, ids)
            # What somebody else sends back at this moment is passed over.
            left = DeadLetter.objects.filter(pk__in=[letter.pk for letter in chosen])
            kept = set(left.values_list("pk", flat=True))
            sent = [letter for letter in chosen if letter.pk not in kept]
            log_action(request, sent, gettext("Sent back to the queue."))
        self._tell(request, len(sent), len(kept))
        return back_to_list(self, request)

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

    def _tell(self, request: HttpRequest, sent: int, kept: int) -> None:
        done = ngettext(
            "%(count)d message was sent back to its queue.",
            "%(count)d messages were sent back to their queues.",
            sent,
        )
        if sent or not kept:
            self.message_user(request, done % {"count": sent}, messages.SUCCESS)
        if kept:
            passed_over = ngettext(
                "%(count)d was passed over: somebody else is sending it back.",
                "%(count)d were passed over: somebody else is sending them back.",
                kept,
            )
            self.message_user(request, passed_over % {"count": kept}, messages.WARNING)
