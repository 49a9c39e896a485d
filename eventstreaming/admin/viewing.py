"""What the admin classes of this package have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.admin.payloads import reveal

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class StyledAdmin(ModelAdmin):
    """An admin with the style sheet of this package: variables, no colours."""

    class Media:
        css = {"all": ["eventstreaming/admin.css"]}


class KeysetAdmin(StyledAdmin):
    """An admin whose list is paged by keyset and costs one query."""

    keyset: Sequence[str] = ("-pk",)
    deferred_fields: Sequence[str] = ()
    empty_text: str | Promise = _("There is nothing here yet.")
    no_match_text: str | Promise = _("Nothing matches the filters and the search.")
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100

    def get_changelist(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row; its payload is for those who may see payloads."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            reveal([found], request)
        return found

    def get_keyset(
        self, request: HttpRequest, changelist: KeysetChangeList
    ) -> Sequence[str]:
        """Return the columns that order the list, as an index has them."""
        return self.keyset

    def get_scan_condition(self, changelist: KeysetChangeList) -> Q:
        """Return the conditions of the search that no index serves."""
        return Q()

    def get_export_url(self, changelist: KeysetChangeList) -> str:
        """Return where all that matches is to be had as a file; "" is nowhere."""
        return ""

    def get_empty_text(self, changelist: KeysetChangeList) -> str:
        """Return what an empty page says: what to do."""
        narrowed = changelist.query or changelist.has_active_filters
        return str(self.no_match_text if narrowed else self.empty_text)


class ViewOnlyMixin:
    """Nobody adds, changes or deletes here, superusers neither."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
