"""
Lists that stay fast: pages by keyset, no counting, no walk through a table.

A page costs one query that an index answers. Conditions that no index serves
are tried on a bounded number of rows, and the page says where it stopped.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.translation import gettext

from eventstreaming.admin.cursors import Cursor
from eventstreaming.admin.filters import ScanFilter
from eventstreaming.admin.formats import leads_elsewhere
from eventstreaming.admin.keysets import Keyset
from eventstreaming.admin.payloads import reveal


class PageLink(NamedTuple):
    """A link below a list; `url` is empty where there is nothing to go to."""

    label: str
    url: str


class UncountedChangeList(ChangeList):
    """What the admin's templates ask of a change list, from one page's rows."""

    page_links: Sequence[PageLink] = ()
    page_note = ""
    empty_text = ""
    export_url = ""  # where all that matches is to be had as a file

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Any]:
        if any(
            "\x00" in value for values in request.GET.lists() for value in values[1]
        ):
            raise IncorrectLookupParameters("no text in a database holds a NUL")
        return super().get_queryset(request, exclude_parameters)

    def url_for_result(self, result: Any) -> str:
        """Return where a row's page is; raise NoReverseMatch if no URL leads there."""
        url: str = super().url_for_result(result)
        if leads_elsewhere(url):
            raise NoReverseMatch(url)
        return url

    def show(self, rows: list[Any]) -> None:
        """Make `rows` the page."""
        self.result_list = rows
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = False
        self.show_admin_actions = bool(rows)
        self.can_show_all = self.multi_page = False
        self.page_num = 1
        self.paginator = self.model_admin.paginator(rows, max(len(rows), 1))

    def link_pages(
        self, *, back: Cursor | None, onward: Cursor | None, newest_first: bool
    ) -> None:
        """Offer the ways to the first page, back, onward, and to the last page."""
        if back is None and onward is None:
            return
        labels = (
            (gettext("Newest"), gettext("Newer"), gettext("Older"), gettext("Oldest"))
            if newest_first
            else (
                gettext("First"),
                gettext("Previous"),
                gettext("Next"),
                gettext("Last"),
            )
        )
        first = None if back is None else Cursor()
        last = None if onward is None else Cursor(backwards=True)
        self.page_links = [
            PageLink(label, "" if cursor is None else self._url(cursor))
            for label, cursor in zip(labels, (first, back, onward, last), strict=True)
        ]

    def _url(self, cursor: Cursor) -> str:
        return self.get_query_string({PAGE_VAR: str(cursor) or None})


class KeysetChangeList(UncountedChangeList):
    """
    A change list whose pages begin at a place in an index.

    Its ModelAdmin is a `KeysetAdmin`.
    """

    model_admin: Any
    is_cut = False  # there may be more rows in the direction of the cursor
    newer: Cursor | None = None  # towards the first page
    scan_limit = 10_000  # rows looked at for a page when no index serves

    def get_results(self, request: HttpRequest) -> None:
        keyset = Keyset(self.model, self.model_admin.get_keyset(request, self))
        try:
            cursor = Cursor.parse(request.GET.get(PAGE_VAR), keyset)
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        rows, far = self._fetch(cursor, keyset)
        near = cursor.place
        if near is not None and rows:
            near = keyset.place_of(rows[0])
        onward = None if far is None else Cursor(far, cursor.backwards)
        back = None if near is None else Cursor(near, not cursor.backwards)
        if cursor.backwards:
            rows.reverse()
            onward, back = back, onward
        self.is_cut, self.newer = far is not None, back
        reveal(rows, request)
        self.show(rows)
        self.link_pages(back=back, onward=onward, newest_first=keyset.descending)
        self.empty_text = self.model_admin.get_empty_text(self)
        self.export_url = self.model_admin.get_export_url(self)

    def matching(self) -> QuerySet[Any]:
        """Return all rows that filters and search let through, on every page."""
        rows: QuerySet[Any] = self.queryset.filter(self._unindexed_condition())
        return rows

    def _fetch(
        self, cursor: Cursor, keyset: Keyset
    ) -> tuple[list[Model], tuple[Any, ...] | None]:
        """Return a page in the cursor's direction, and where the next begins."""
        rows: QuerySet[Model] = cursor.narrow(self.queryset, keyset)
        end = None
        condition = self._unindexed_condition()
        if condition:
            limit = self.scan_limit
            edge = list(rows.values_list(*keyset.names)[limit - 1 : limit + 1])
            if len(edge) == 2:
                end, beyond = edge
                rows = cursor.until(rows, beyond, keyset)
            rows = rows.filter(condition)
        rows = rows.defer(*self.model_admin.deferred_fields)
        found = list(rows[: self.list_per_page + 1])
        if len(found) > self.list_per_page:
            del found[self.list_per_page :]
            end = keyset.place_of(found[-1])
        elif end is not None:
            self.page_note = gettext(
                "No index serves this filter: this page has what was found among "
                "%(count)s rows. There may be more on the next ones."
            ) % {"count": f"{self.scan_limit:,}"}
        return found, end

    def _unindexed_condition(self) -> Q:
        condition: Q = self.model_admin.get_scan_condition(self)
        for spec in self.filter_specs:
            if isinstance(spec, ScanFilter):
                condition &= spec.condition()
        return condition
