"""Deleting dead letters for good, after a question."""

from collections import defaultdict

from django.contrib import messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming import services
from eventstreaming.admin.actions import back_to_list, log_action, operator_action
from eventstreaming.admin.confirming import ask, is_confirmed
from eventstreaming.admin.message_pages import MessagePageAdmin
from eventstreaming.models import DeadLetter

AT_ONCE = 1_000  # dead letters sent back, or deleted, by one click


class DiscardMixin(MessagePageAdmin):
    """The action that deletes dead letters."""

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may delete dead letters."""
        return request.user.has_perm("eventstreaming.discard_deadletter")

    @operator_action(
        permissions=["discard"],
        description=_("Discard: delete for good"),
        description_plural=_("Discard selected: delete for good"),
    )
    def discard_selected(
        self, request: HttpRequest, queryset: QuerySet[DeadLetter]
    ) -> HttpResponse | None:
        """Ask with the exact number; then delete, log each one, and tell how many."""
        chosen = list(queryset.only("id", "queue")[:AT_ONCE])
        if not is_confirmed(request):
            return self._ask(request, chosen)
        ids_by_queue = defaultdict(list)
        for letter in chosen:
            ids_by_queue[letter.queue].append(str(letter.pk))
        with transaction.atomic(using=router.db_for_write(DeadLetter)):
            for queue, ids in ids_by_queue.items():
                services.discard(queue, ids)
            # What somebody else sends back at this moment is passed over.
            left = DeadLetter.objects.filter(pk__in=[letter.pk for letter in chosen])
            kept = set(left.values_list("pk", flat=True))
            gone = [letter for letter in chosen if letter.pk not in kept]
            log_action(request, gone, gettext("Discarded."))
        done = ngettext(
            "%(count)d dead letter was deleted.",
            "%(count)d dead letters were deleted.",
            len(gone),
        )
        self.message_user(request, done % {"count": len(gone)}, messages.SUCCESS)
        return back_to_list(self, request)

    def _ask(self, request: HttpRequest, chosen: list[DeadLetter]) -> HttpResponse:
        question = ngettext(
            "Delete %(count)d dead letter for good? Nothing brings it back.",
            "Delete %(count)d dead letters for good? Nothing brings them back.",
            len(chosen),
        )
        return ask(
            self,
            request,
            title=gettext("Discard dead letters"),
            question=question % {"count": len(chosen)},
            yes=gettext("Yes, delete them"),
            no=gettext("No, keep them"),
        )
