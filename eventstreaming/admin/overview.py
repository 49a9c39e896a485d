"""The page of all that runs: queues, subscriptions, streams, workers, the fence."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from eventstreaming.admin.overview_tables import tables
from eventstreaming.admin.viewing import StyledAdmin, ViewOnlyMixin
from eventstreaming.operations.permissions import Permission
from eventstreaming.operations.status import store_status

PARTS = ("growth", "subscriptions", "queues", "activity", "workers")


class OverviewAdmin(ViewOnlyMixin, StyledAdmin):
    """
    One page, for those who may see names and counts; it refreshes itself.

    The numbers are those of `store_status()`. What it costs in statements does not
    grow with what there is.
    """

    refresh_seconds = 5

    class Media:
        js = ["eventstreaming/refresh.js"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(Permission.VIEW.label))

    def get_urls(self) -> list[URLPattern]:
        """Have one page: there are no rows to open or to add."""
        page = self.admin_site.admin_view(self.changelist_view)
        return [path("", page, name="eventstreaming_overview_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        status = store_status(parts=PARTS)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Overview"),
            "opts": self.opts,
            "media": self.media,
            "status": status,
            "tables": tables(self, status),
            "refresh_seconds": self.refresh_seconds,
            **(extra_context or {}),
        }
        return TemplateResponse(
            request, "admin/eventstreaming/overview/change_list.html", context
        )
