"""What operators do to sagas, after a question."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import operator_action
from eventstreaming.admin.bulk import BulkMixin, Change, Told, counted
from eventstreaming.exceptions import SagaBusy, SagaNotFound, UnknownSaga
from eventstreaming.models import Saga
from eventstreaming.processing.sagas.operating import cancel, resume


class SagaActionsMixin(BulkMixin):
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
        change = _change(
            lambda saga: resume(saga.name, saga.saga_id),
            title=gettext("Resume sagas"),
            question=lambda count: ngettext(
                "Try the step at hand of %(count)s saga now?",
                "Try the steps at hand of %(count)s sagas now?",
                count,
            ),
            log=gettext("Resumed."),
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["resume"],
        description=_("Take the step that could not be undone as undone"),
        description_plural=_("Take the steps that could not be undone as undone"),
    )
    def skip_selected(
        self, request: HttpRequest, queryset: QuerySet[Saga]
    ) -> HttpResponse | None:
        """Let failed sagas go on with the step before."""
        change = _change(
            lambda saga: resume(saga.name, saga.saga_id, skip_step=True),
            title=gettext("Skip steps"),
            question=lambda count: ngettext(
                "Is the step at which %(count)s saga has failed undone by hand?",
                "Are the steps at which %(count)s sagas have failed undone by hand?",
                count,
            ),
            log=gettext("Step taken as undone."),
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["cancel"],
        description=_("Cancel: undo the completed steps"),
        description_plural=_("Cancel selected: undo their completed steps"),
    )
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Saga]
    ) -> HttpResponse | None:
        """Give running and waiting sagas up."""
        reason = f"cancelled by {request.user}"[:255]
        change = _change(
            lambda saga: cancel(saga.name, saga.saga_id, reason=reason),
            title=gettext("Cancel sagas"),
            question=lambda count: ngettext(
                "Undo the completed steps of %(count)s saga? It does not go on.",
                "Undo the completed steps of %(count)s sagas? They do not go on.",
                count,
            ),
            log=gettext("Cancelled."),
        )
        return self.carry_out(request, queryset, change)


def _change(
    act: Callable[[Saga], bool], *, title: str, question: Told, log: str
) -> Change:
    """Return a change that moves one saga after the other."""
    return Change(
        title=title,
        question=counted(question),
        done=counted(
            lambda count: ngettext(
                "%(count)s saga goes on.", "%(count)s sagas go on.", count
            )
        ),
        passed_over=counted(
            lambda count: ngettext(
                "%(count)s was passed over: it has ended, is at a step at this moment, "
                "or the action does not fit its state.",
                "%(count)s were passed over: they have ended, are at a step at this "
                "moment, or the action does not fit their state.",
                count,
            )
        ),
        log=log,
        act=lambda sagas, using: [saga.pk for saga in sagas if _moved(act, saga)],
        yes=gettext("Yes"),
        no=gettext("No, leave them"),
    )


def _moved(act: Callable[[Saga], bool], saga: Saga) -> bool:
    try:
        return act(saga)
    except (SagaBusy, SagaNotFound, UnknownSaga):
        return False
