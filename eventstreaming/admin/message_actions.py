"""What operators do to messages, after a question."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import operator_action
from eventstreaming.admin.bulk import BulkMixin, Change, counted
from eventstreaming.admin.confirming import is_confirmed
from eventstreaming.admin.message_pages import MessagePageAdmin
from eventstreaming.models import Message
from eventstreaming.operations.messages import (
    MOST,
    cancel_all,
    change_priority,
    delete,
    release,
    run_now,
    set_aside,
)

ACTIONS = (
    "run_selected",
    "release_selected",
    "prioritize_selected",
    "cancel_selected",
    "bury_selected",
    "delete_selected_messages",
)


class PriorityForm(forms.Form):
    """The priority that messages are to have."""

    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=-MOST,
        max_value=MOST,
        help_text=_("A higher one is delivered first; 0 is that of most messages."),
    )


class MessageActionsMixin(BulkMixin, MessagePageAdmin):
    """Running, releasing, cancelling and the rest, each a right of its own."""

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may have delayed messages run now."""
        return request.user.has_perm("eventstreaming.run_message")

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may end leases."""
        return request.user.has_perm("eventstreaming.release_message")

    def has_prioritize_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may give messages another priority."""
        return request.user.has_perm("eventstreaming.prioritize_message")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may cancel messages."""
        return request.user.has_perm("eventstreaming.cancel_message")

    def has_bury_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may take messages from their handlers."""
        return request.user.has_perm("eventstreaming.bury_message")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may delete messages for good."""
        return request.user.has_perm("eventstreaming.remove_message")

    @operator_action(
        permissions=["run"],
        description=_("Run now: wait no longer"),
        description_plural=_("Run selected now: wait no longer"),
    )
    def run_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Let delayed messages be due, those that wait for a retry, too."""
        change = _change(
            title=gettext("Run messages now"),
            question=lambda count: ngettext(
                "Deliver %(count)s message now, though it is to wait?",
                "Deliver %(count)s messages now, though they are to wait?",
                count,
            ),
            log=gettext("Due now."),
            act=lambda ids, using: run_now(ids, using=using),
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["release"],
        description=_("Release: end the lease of its worker"),
        description_plural=_("Release selected: end the leases of their workers"),
    )
    def release_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Let messages be delivered to another worker."""
        change = _change(
            title=gettext("Release messages"),
            question=lambda count: ngettext(
                "Give %(count)s message to another worker? The handler that has it may "
                "still run.",
                "Give %(count)s messages to other workers? The handlers that have them "
                "may still run.",
                count,
            ),
            log=gettext("Released."),
            act=lambda ids, using: release(ids, using=using),
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["prioritize"],
        description=_("Change the priority"),
        description_plural=_("Change the priority of the selected"),
    )
    def prioritize_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Give messages another place in the order of delivery."""
        form = PriorityForm(request.POST if is_confirmed(request) else None)
        number = form.cleaned_data["priority"] if form.is_valid() else 0
        change = _change(
            title=gettext("Change the priority of messages"),
            question=lambda count: ngettext(
                "Which priority is %(count)s message to have? One of a group keeps its "
                "own.",
                "Which priority are %(count)s messages to have? Those of groups keep "
                "their own.",
                count,
            ),
            log=gettext("Priority %(number)s.") % {"number": number},
            act=lambda ids, using: change_priority(ids, number, using=using),
            form=form,
            yes=gettext("Change it"),
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["cancel"],
        description=_("Cancel: not handled, or not any more"),
        description_plural=_("Cancel selected: not handled, or not any more"),
    )
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Make messages dead letters, and ask for the end of those that run."""
        change = _change(
            title=gettext("Cancel messages"),
            question=lambda count: ngettext(
                "Cancel %(count)s message? It becomes a dead letter.",
                "Cancel %(count)s messages? They become dead letters.",
                count,
            ),
            log=gettext("Cancelled."),
            act=lambda ids, using: cancel_all(ids, using=using),
            leaves=True,
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["bury"],
        description=_("Dead-letter: take it from its handler, too"),
        description_plural=_(
            "Dead-letter selected: take them from their handlers, too"
        ),
    )
    def bury_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Make messages dead letters at once, whoever has them."""
        change = _change(
            title=gettext("Make messages dead letters"),
            question=lambda count: ngettext(
                "Make %(count)s message a dead letter now? A handler that has it may "
                "go on, and its answer is refused.",
                "Make %(count)s messages dead letters now? Handlers that have them may "
                "go on, and their answers are refused.",
                count,
            ),
            log=gettext("Made a dead letter."),
            act=lambda ids, using: set_aside(ids, using=using),
            leaves=True,
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["remove"],
        description=_("Delete: remove for good"),
        description_plural=_("Delete selected: remove for good"),
    )
    def delete_selected_messages(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Remove messages without a trace, whoever has them."""
        change = _change(
            title=gettext("Delete messages"),
            question=lambda count: ngettext(
                "Delete %(count)s message for good? Nothing brings it back. A handler "
                "that has it may go on, and its answer is refused.",
                "Delete %(count)s messages for good? Nothing brings them back. Handlers "
                "that have them may go on, and their answers are refused.",
                count,
            ),
            log=gettext("Deleted."),
            act=lambda ids, using: delete(ids, using=using),
            yes=gettext("Yes, delete them"),
            leaves=True,
        )
        return self.carry_out(request, queryset, change)


def _change(
    *,
    question: Callable[[int], str],
    act: Callable[[list[int], str], list[int]],
    **more: Any,
) -> Change:
    """Return a change of messages by their ids, with the words that all have."""
    words: dict[str, Any] = {"yes": gettext("Yes"), "no": gettext("No, leave them")}
    return Change(
        question=counted(question),
        done=counted(
            lambda count: ngettext(
                "Done for %(count)s message.", "Done for %(count)s messages.", count
            )
        ),
        passed_over=counted(
            lambda count: ngettext(
                "%(count)s was passed over: it is not in the state for that, any more.",
                "%(count)s were passed over: they are not in the state for that, any "
                "more.",
                count,
            )
        ),
        act=lambda rows, using: act([row.pk for row in rows], using),
        **words | more,
    )
