"""Deleting dead letters for good, after a question."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming import services
from eventstreaming.admin.actions import operator_action
from eventstreaming.admin.bulk import BulkMixin, Change, counted
from eventstreaming.admin.message_pages import MessagePageAdmin
from eventstreaming.models import DeadLetter


class DiscardMixin(BulkMixin, MessagePageAdmin):
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
        """Delete dead letters for good."""
        change = Change(
            title=gettext("Discard dead letters"),
            question=counted(
                lambda count: ngettext(
                    "Delete %(count)s dead letter for good? Nothing brings it back.",
                    "Delete %(count)s dead letters for good? Nothing brings them back.",
                    count,
                )
            ),
            done=counted(
                lambda count: ngettext(
                    "%(count)s dead letter was deleted.",
                    "%(count)s dead letters were deleted.",
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
            log=gettext("Discarded."),
            act=lambda rows, using: by_queue(services.discard, rows, using),
            yes=gettext("Yes, delete them"),
            no=gettext("No, keep them"),
            leaves=True,
        )
        return self.carry_out(request, queryset, change)


def by_queue(
    act: Callable[[str, list[str]], object], rows: list[Any], using: str
) -> Collection[int]:
    """
    Do something to dead letters, and return the ids of those it was done to.

    What somebody else sends back or deletes at this moment is passed over.
    """
    letters = DeadLetter.objects.using(using).filter(pk__in=[row.pk for row in rows])
    locked = letters.order_by("pk").select_for_update(skip_locked=True)
    ids_by_queue = defaultdict(list)
    for number, queue in locked.values_list("pk", "queue"):
        ids_by_queue[queue].append(str(number))
    for queue, ids in ids_by_queue.items():
        act(queue, ids)
    return {int(number) for ids in ids_by_queue.values() for number in ids}
