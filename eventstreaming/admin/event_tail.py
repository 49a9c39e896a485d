"""The live tail: new events of the list's filters, as they come."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import result_headers, results
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext

from eventstreaming.admin.cursors import Cursor
from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.backends import DEFAULT_ALIAS, event_stores

PAGE_URL = "eventstreaming_event_tail"
ROWS_URL = "eventstreaming_event_tail_rows"


class TailChangeList(KeysetChangeList):
    """
    The newest events, or those after a place; none that another may still precede.

    `next_query` asks for what comes after them, `is_behind` says that some are there.
    """

    formset = None  # which the admin's view of a list sets: nothing is edited in it
    next_query = ""
    is_behind = False

    def get_results(self, request: HttpRequest) -> None:
        place = request.GET.get(PAGE_VAR, "")
        if place and not place.startswith("before-"):
            raise IncorrectLookupParameters("a tail goes on towards newer events")
        # First the fence, then the rows: what it lets through is there by then.
        fence = event_stores[DEFAULT_ALIAS].fence()
        self.queryset = self.queryset.filter(position__lte=fence)
        super().get_results(request)
        # Without a place what is cut off are the older ones.
        self.is_behind = bool(place) and self.is_cut
        newer = self.newer if self.is_behind else self._seen(request, fence, place)
        self.next_query = self.get_query_string({PAGE_VAR: str(newer)})

    def _seen(self, request: HttpRequest, fence: int, place: str) -> Cursor:
        """Return where to look next when all that is there was looked at."""
        (column,) = self.model_admin.get_keyset(request, self)
        if column == "-position":
            return Cursor((fence,), backwards=True)
        if self.result_list:
            return Cursor((self.result_list[0].offset,), backwards=True)
        return Cursor((int(place.removeprefix("before-") or -1),), backwards=True)


def is_tail(request: HttpRequest) -> bool:
    """Say whether a request is about the live tail."""
    match = request.resolver_match
    return match is not None and match.url_name in (PAGE_URL, ROWS_URL)


def tail_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """
    Show the newest events; a script asks for those that come after them.

    Without the script a link leads to them.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        changelist = _changelist(model_admin, request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(_url(model_admin, PAGE_URL))
    lists = _url(model_admin, "eventstreaming_event_changelist")
    context = {
        **model_admin.admin_site.each_context(request),
        **_rows(model_admin, changelist),
        "title": gettext("Live tail"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "headers": list(result_headers(changelist)),
        "filters": [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name != PAGE_VAR
        ],
        "list_url": f"{lists}{changelist.get_query_string(remove=[PAGE_VAR])}",
        "next_url": changelist.next_query,
        "seconds": model_admin.tail_seconds,
        "most": model_admin.tail_length,
    }
    return TemplateResponse(request, "admin/eventstreaming/event/tail.html", context)


def tail_rows(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Answer the rows after `?p=before-…`, and where the next ones are asked for."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        changelist = _changelist(model_admin, request)
    except IncorrectLookupParameters:
        return HttpResponse(status=400)
    return TemplateResponse(
        request,
        "admin/eventstreaming/event/tail_rows.html",
        _rows(model_admin, changelist),
    )


def _changelist(model_admin: Any, request: HttpRequest) -> TailChangeList:
    changelist = model_admin.get_changelist_instance(request)
    if not isinstance(changelist, TailChangeList):
        raise Http404(gettext("The list of this site has no live tail."))
    return changelist


def _rows(model_admin: Any, changelist: TailChangeList) -> dict[str, Any]:
    return {
        "rows": list(results(changelist)),
        "rows_url": f"{_url(model_admin, ROWS_URL)}{changelist.next_query}",
        "is_behind": changelist.is_behind,
    }


def _url(model_admin: Any, name: str) -> str:
    return reverse(f"admin:{name}", current_app=model_admin.admin_site.name)
