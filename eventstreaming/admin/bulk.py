"""Actions on many rows: asked about with their number, done in batches, logged."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, ngettext

from eventstreaming import clock
from eventstreaming.admin.actions import back_to_list, log_action, log_filter_action
from eventstreaming.admin.chosen import AT_MOST, ChoiceForm, Chosen, is_across
from eventstreaming.admin.confirming import ask, is_confirmed
from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.admin.viewing import KeysetAdmin
from eventstreaming.exceptions import InvalidArgument

Told = Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What an action does to the rows of a batch, and what is said about it.

    `act` gets rows and the name of their database, inside a transaction; it returns
    the keys of those that were changed. The texts are made for a number of rows.
    With a `form`, the question has its fields. `leaves` says that changed rows are
    no longer there.
    """

    title: str
    question: Told
    done: Told
    passed_over: Told
    log: str
    act: Callable[[list[Any], str], Collection[Any]]
    yes: str
    no: str
    form: forms.Form | None = None
    leaves: bool = False


@dataclass(slots=True)
class Tally:
    """What became of the rows."""

    done: int = 0
    passed_over: int = 0
    gone: int = 0
    left: int = 0
    refused: str = ""  # why those that are left cannot be changed


class BulkMixin(KeysetAdmin):
    """A list whose actions are for what is ticked, or for all that match."""

    action_form = ChoiceForm
    action_seconds = 20.0  # of one request; the rest is left for the next

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let an action on all that match go without a ticked row."""
        if request.method == "POST" and is_across(request):
            response = self._act_on_all(request)
            if response is not None:
                return response
        return super().changelist_view(request, extra_context)

    def carry_out(
        self, request: HttpRequest, queryset: QuerySet[Any], change: Change
    ) -> HttpResponse | None:
        """
        Ask with the exact number, or do what was asked and tell what came of it.

        Each batch is a transaction of its own, with its entry in the admin log.
        More than 100,000 rows are refused. What has come since the question is
        not touched; what has gone, or changed, is passed over.
        """
        rows = queryset.defer(*self.deferred_fields)
        chosen = None
        if is_confirmed(request) and (change.form is None or change.form.is_valid()):
            chosen = Chosen.as_asked(request, rows)
        if chosen is None:
            return self._ask(request, Chosen.count_now(request, rows), change)
        tally = self._do(request, chosen, change)
        self._tell(request, tally, change)
        return back_to_list(self, request) if change.leaves and tally.done else None

    def _act_on_all(self, request: HttpRequest) -> HttpResponse | None:
        if not self.has_view_or_change_permission(request):
            return None
        try:
            changelist: Any = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return None
        if isinstance(changelist, KeysetChangeList):
            queryset = changelist.matching()
        else:  # somebody's own class, whose list is a plain one
            queryset = changelist.get_queryset(request)
        response = self.response_action(request, queryset=queryset)
        return response or HttpResponseRedirect(request.get_full_path())

    def _ask(
        self, request: HttpRequest, chosen: Chosen, change: Change
    ) -> HttpResponse | None:
        if chosen.too_many:
            text = gettext(
                "More than %(limit)s match, which is the most for one action: narrow "
                "the filter."
            )
            limit = {"limit": f"{AT_MOST:,}"}
            self.message_user(request, text % limit, messages.ERROR)
            return None
        if not chosen.count:
            text = gettext("Nothing was done: none of them is there any more.")
            self.message_user(request, text, messages.WARNING)
            return None
        question = change.question(chosen.count)
        if chosen.missing:
            question = f"{question} {_gone(chosen.missing)}"
        return ask(
            self,
            request,
            title=change.title,
            question=question,
            yes=change.yes,
            no=change.no,
            extra_fields=chosen.fields(),
            form=change.form,
        )

    def _do(self, request: HttpRequest, chosen: Chosen, change: Change) -> Tally:
        using = router.db_for_write(self.model)
        began = clock.monotonic()
        tally = Tally(gone=chosen.missing, left=chosen.count)
        entry = None
        for keys, rows in chosen.batches():
            if clock.monotonic() - began > self.action_seconds:
                return tally
            with transaction.atomic(using=using):
                found = list(rows.using(using))
                try:
                    done = set(change.act(found, using))
                except InvalidArgument as error:  # a name that only SQL can write
                    transaction.set_rollback(True, using=using)
                    tally.refused = str(error)
                    return tally
                tally.left -= len(keys)
                tally.done += len(done)
                tally.passed_over += len(found) - len(done)
                tally.gone += len(keys) - len(found)
                if chosen.across:
                    note = gettext("%(log)s %(done)s of %(count)s.") % {
                        "log": change.log,
                        "done": f"{tally.done:,}",
                        "count": f"{chosen.count:,}",
                    }
                    entry = log_filter_action(request, self.model, note, entry)
                elif done:
                    log_action(request, [r for r in found if r.pk in done], change.log)
        tally.gone, tally.left = tally.gone + tally.left, 0
        return tally

    def _tell(self, request: HttpRequest, tally: Tally, change: Change) -> None:
        if tally.done:
            self.message_user(request, change.done(tally.done), messages.SUCCESS)
        if tally.passed_over:
            text = change.passed_over(tally.passed_over)
            self.message_user(request, text, messages.WARNING)
        if tally.gone:
            self.message_user(request, _gone(tally.gone), messages.WARNING)
        if tally.refused:
            text = gettext("Not done for %(count)s: %(error)s")
            told = {"count": f"{tally.left:,}", "error": tally.refused}
            self.message_user(request, text % told, messages.ERROR)
        elif tally.left:
            text = gettext(
                "Still to do: %(count)s. The time of one request was over; do it again "
                "to go on."
            )
            count = {"count": f"{tally.left:,}"}
            self.message_user(request, text % count, messages.WARNING)


def counted(text: Told) -> Told:
    """Return what fills the number into a text that was chosen by it."""
    return lambda count: text(count) % {"count": f"{count:,}"}


def _gone(count: int) -> str:
    return ngettext(
        "%(count)s is not there any more, or matches no longer.",
        "%(count)s are not there any more, or match no longer.",
        count,
    ) % {"count": f"{count:,}"}
