"""What operators do to schedules: run them now, pause and resume them."""

from collections.abc import Callable, Collection

from django.contrib import messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import log_action, operator_action
from eventstreaming.admin.confirming import ask, is_confirmed
from eventstreaming.admin.viewing import KeysetAdmin
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import Schedule
from eventstreaming.operations.scheduling import (
    pause_schedules,
    resume_schedules,
    run_schedules,
)

AT_ONCE = 1_000  # schedules of one click


class ScheduleActionsMixin(KeysetAdmin):
    """Actions on schedules of code and of people alike; each is logged."""

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may run schedules at once."""
        return request.user.has_perm("eventstreaming.run_schedule")

    def has_pause_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may pause and resume schedules."""
        return request.user.has_perm("eventstreaming.pause_schedule")

    @operator_action(
        permissions=["run"],
        description=_("Run now"),
        description_plural=_("Run selected now"),
    )
    def run_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """Ask; then enqueue the message of each now, whatever its times are."""
        chosen = list(queryset[:AT_ONCE])
        if not is_confirmed(request):
            question = ngettext(
                "Enqueue the message of %(count)d schedule now? Its times do not "
                "change.",
                "Enqueue the messages of %(count)d schedules now? Their times do not "
                "change.",
                len(chosen),
            )
            return ask(
                self,
                request,
                title=gettext("Run schedules now"),
                question=question % {"count": len(chosen)},
                yes=gettext("Yes, run now"),
                no=gettext("No, wait for their times"),
            )
        self._do(request, chosen, run_schedules, gettext("Run by hand."))
        return None

    @operator_action(
        permissions=["pause"],
        description=_("Pause"),
        description_plural=_("Pause selected"),
    )
    def pause_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        """Let schedules rest until they are resumed."""
        self._do(request, queryset[:AT_ONCE], pause_schedules, gettext("Paused."))

    @operator_action(
        permissions=["pause"],
        description=_("Resume, if it is paused"),
        description_plural=_("Resume the paused ones of the selected"),
    )
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        """Let paused schedules go on with their next run."""
        self._do(request, queryset[:AT_ONCE], resume_schedules, gettext("Resumed."))

    def _do(
        self,
        request: HttpRequest,
        chosen: Collection[Schedule] | QuerySet[Schedule],
        act: Callable[[Collection[str]], list[str]],
        log: str,
    ) -> None:
        """Act on the schedules, log those that it did something to, tell how many."""
        by_name = {row.name: row for row in chosen}
        try:
            with transaction.atomic(using=router.db_for_write(Schedule)):
                done = act(list(by_name))
                log_action(request, [by_name[name] for name in done], log)
        except InvalidArgument as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        text = ngettext(
            "%(count)d schedule: %(what)s", "%(count)d schedules: %(what)s", len(done)
        )
        level = messages.SUCCESS if done else messages.WARNING
        self.message_user(request, text % {"count": len(done), "what": log}, level)
