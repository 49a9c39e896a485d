"""What operators do to messages, after a question."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming import services
from eventstreaming.admin.actions import log_action, operator_action
from eventstreaming.admin.confirming import ask, is_confirmed
from eventstreaming.admin.message_pages import MessagePageAdmin
from eventstreaming.exceptions import MessageNotFound
from eventstreaming.models import Message
from eventstreaming.operations.messages import release, run_now

AT_ONCE = 1_000  # messages of one click


class MessageActionsMixin(MessagePageAdmin):
    """Running at once, releasing and cancelling, each a right of its own."""

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may have delayed messages run now."""
        return request.user.has_perm("eventstreaming.run_message")

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may end leases."""
        return request.user.has_perm("eventstreaming.release_message")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may cancel messages."""
        return request.user.has_perm("eventstreaming.cancel_message")

    @operator_action(
        permissions=["run"],
        description=_("Run now: wait no longer"),
        description_plural=_("Run selected now: wait no longer"),
    )
    def run_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Let delayed messages be due."""
        question = ngettext(
            "Deliver %(count)d message now, though it is to wait?",
            "Deliver %(count)d messages now, though they are to wait?",
            count := len(chosen := list(queryset[:AT_ONCE])),
        )
        return self._do(
            request,
            chosen,
            lambda ids, using: run_now(ids, using=using),
            title=gettext("Run messages now"),
            question=question % {"count": count},
            log=gettext("Due now."),
        )

    @operator_action(
        permissions=["release"],
        description=_("Release: end the lease of its worker"),
        description_plural=_("Release selected: end the leases of their workers"),
    )
    def release_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Let messages be delivered to another worker."""
        question = ngettext(
            "Give %(count)d message to another worker? The handler that has it may "
            "still run.",
            "Give %(count)d messages to other workers? The handlers that have them may "
            "still run.",
            count := len(chosen := list(queryset[:AT_ONCE])),
        )
        return self._do(
            request,
            chosen,
            lambda ids, using: release(ids, using=using),
            title=gettext("Release messages"),
            question=question % {"count": count},
            log=gettext("Released."),
        )

    @operator_action(
        permissions=["cancel"],
        description=_("Cancel: not handled, or not any more"),
        description_plural=_("Cancel selected: not handled, or not any more"),
    )
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Message]
    ) -> HttpResponse | None:
        """Make messages dead letters, and ask for the end of those that run."""
        question = ngettext(
            "Cancel %(count)d message? It becomes a dead letter.",
            "Cancel %(count)d messages? They become dead letters.",
            count := len(chosen := list(queryset[:AT_ONCE])),
        )
        queues = {message.pk: message.queue for message in chosen}
        return self._do(
            request,
            chosen,
            lambda ids, using: [pk for pk in ids if _cancel(queues[pk], pk)],
            title=gettext("Cancel messages"),
            question=question % {"count": count},
            log=gettext("Cancelled."),
        )

    def _do(
        self,
        request: HttpRequest,
        chosen: Sequence[Message],
        act: Callable[[list[int], str], list[int]],
        *,
        title: str,
        question: str,
        log: str,
    ) -> HttpResponse | None:
        """Ask with the exact number; then act, log each message, and tell how many."""
        if not is_confirmed(request):
            yes, no = gettext("Yes"), gettext("No, leave them")
            return ask(self, request, title=title, question=question, yes=yes, no=no)
        using = router.db_for_write(Message)
        with transaction.atomic(using=using):
            done = set(act([message.pk for message in chosen], using))
            log_action(request, [m for m in chosen if m.pk in done], log)
        self._tell(request, len(done), len(chosen) - len(done))
        return None

    def _tell(self, request: HttpRequest, done: int, left: int) -> None:
        if done:
            text = ngettext(
                "Done for %(count)d message.", "Done for %(count)d messages.", done
            )
            self.message_user(request, text % {"count": done}, messages.SUCCESS)
        if left:
            text = ngettext(
                "%(count)d was passed over: it is not in the state for that, any more.",
                "%(count)d were passed over: they are not in the state for that, any "
                "more.",
                left,
            )
            self.message_user(request, text % {"count": left}, messages.WARNING)


def _cancel(queue: str, message_id: int) -> bool:
    try:
        services.cancel(queue, str(message_id))
    except MessageNotFound:
        return False
    return True
