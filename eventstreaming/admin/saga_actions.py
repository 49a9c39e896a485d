"""What operators do to sagas, after a question."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import log_action, operator_action
from eventstreaming.admin.confirming import ask, is_confirmed
from eventstreaming.admin.viewing import KeysetAdmin
from eventstreaming.exceptions import SagaBusy, SagaNotFound, UnknownSaga
from eventstreaming.models import Saga
from eventstreaming.processing.sagas.operating import cancel, resume

AT_ONCE = 1_000  # sagas of one click


class SagaActionsMixin(KeysetAdmin):
    """Resuming and cancelling; each saga that is passed over is counted."""

    def has_resume_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may resume sagas."""
        return request.user.has_perm("eventstreaming.resume_saga")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may cancel sagas."""
        return request.user.has_perm("eventstreaming.cancel_saga")

    @operator_action(
        permissions=["resume"],
        description=_("Resume: try the step at hand now"),
        description_plural=_("Resume selected: try the steps at hand now"),
    )
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Saga]
    ) -> HttpResponse | None:
        """Let failed sagas go on to undo their steps, and others not wait."""
        chosen = list(queryset[:AT_ONCE])
        question = ngettext(
            "Try the step at hand of %(count)d saga now?",
            "Try the steps at hand of %(count)d sagas now?",
            len(chosen),
        )
        return self._do(
            request,
            chosen,
            lambda saga: resume(saga.name, saga.saga_id),
            title=gettext("Resume sagas"),
            question=question,
            log=gettext("Resumed."),
        )

    @operator_action(
        permissions=["resume"],
        description=_("Take the step that could not be undone as undone"),
        description_plural=_("Take the steps that could not be undone as undone"),
    )
    def skip_selected(
        self, request: HttpRequest, queryset: QuerySet[Saga]
    ) -> HttpResponse | None:
        """Let failed sagas go on with the step before."""
        chosen = list(queryset[:AT_ONCE])
        question = ngettext(
            "Is the step at which %(count)d saga has failed undone by hand?",
            "Are the steps at which %(count)d sagas have failed undone by hand?",
            len(chosen),
        )
        return self._do(
            request,
            chosen,
            lambda saga: resume(saga.name, saga.saga_id, skip_step=True),
            title=gettext("Skip steps"),
            question=question,
            log=gettext("Step taken as undone."),
        )

    @operator_action(
        permissions=["cancel"],
        description=_("Cancel: undo the completed steps"),
        description_plural=_("Cancel selected: undo their completed steps"),
    )
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Saga]
    ) -> HttpResponse | None:
        """Give running and waiting sagas up."""
        chosen = list(queryset[:AT_ONCE])
        question = ngettext(
            "Undo the completed steps of %(count)d saga? It does not go on.",
            "Undo the completed steps of %(count)d sagas? They do not go on.",
            len(chosen),
        )
        reason = f"cancelled by {request.user}"[:255]
        return self._do(
            request,
            chosen,
            lambda saga: cancel(saga.name, saga.saga_id, reason=reason),
            title=gettext("Cancel sagas"),
            question=question,
            log=gettext("Cancelled."),
        )

    def _do(
        self,
        request: HttpRequest,
        chosen: Sequence[Saga],
        act: Callable[[Saga], bool],
        *,
        title: str,
        question: str,
        log: str,
    ) -> HttpResponse | None:
        """Ask; then act on each saga, log those that moved, and tell how many."""
        if not is_confirmed(request):
            question = question % {"count": len(chosen)}
            yes, no = gettext("Yes"), gettext("No, leave them")
            return ask(self, request, title=title, question=question, yes=yes, no=no)
        moved, left = [], 0
        with transaction.atomic(using=router.db_for_write(Saga)):
            for saga in chosen:
                try:
                    done = act(saga)
                except (SagaBusy, SagaNotFound, UnknownSaga):
                    done = False
                if done:
                    moved.append(saga)
                else:
                    left += 1
            log_action(request, moved, log)
        self._tell(request, len(moved), left)
        return None

    def _tell(self, request: Any, moved: int, left: int) -> None:
        if moved:
            done = ngettext("%(count)d saga goes on.", "%(count)d sagas go on.", moved)
            self.message_user(request, done % {"count": moved}, messages.SUCCESS)
        if left:
            passed_over = ngettext(
                "%(count)d was passed over: it has ended, is at a step at this moment, "
                "or the action does not fit its state.",
                "%(count)d were passed over: they have ended, are at a step at this "
                "moment, or the action does not fit their state.",
                left,
            )
            self.message_user(request, passed_over % {"count": left}, messages.WARNING)
