"""The settings of streams: how long they are kept, and the kind of new ones."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.quantities import AgeField, SizeField, written
from eventstreaming.admin.stream_configuration_form import StreamConfigurationForm
from eventstreaming.admin.viewing import KeysetAdmin
from eventstreaming.models import StreamConfiguration


class StreamConfigurationAdmin(KeysetAdmin):
    """One row for each name or pattern; the next pruning obeys."""

    form = StreamConfigurationForm
    list_display = (
        "pattern",
        "kept",
        "held_back",
        "new_streams",
        "tag_list",
        "description",
    )
    search_fields = ("pattern",)
    search_help_text = _("A part of a name or pattern.")
    keyset = ("pattern",)
    empty_text = _(
        "Nothing is configured: all events are kept. Add a stream, a pattern "
        "like order-*, or * for all."
    )
    no_match_text = _("No name or pattern matches.")
    fieldsets = (
        (None, {"fields": ("pattern", "description", "tags")}),
        (
            _("Retention"),
            {
                "description": _(
                    "What is beyond any bound is removed by manage.py prunestreams."
                ),
                "fields": (
                    "max_age",
                    "max_count",
                    "max_bytes",
                    "keep_forever",
                    "until_consumed",
                ),
            },
        ),
        (_("New streams"), {"fields": ("kind",)}),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: StreamConfiguration | None = None
    ) -> tuple[str, ...]:
        """Keep the pattern of stored settings: another one is for other streams."""
        return () if obj is None else ("pattern",)

    @admin.display(description=_("kept"))
    def kept(self, row: StreamConfiguration) -> str:
        """Return the bounds that the row sets."""
        if row.keep_forever:
            return gettext("forever")
        bounds = []
        if row.max_age is not None:
            bounds.append(written(row.max_age, AgeField.units))
        if row.max_count is not None:
            bounds.append(gettext("%(count)s events") % {"count": f"{row.max_count:,}"})
        if row.max_bytes is not None:
            bounds.append(written(row.max_bytes, SizeField.units))
        return ", ".join(bounds) or "-"

    @admin.display(description=_("until consumed"))
    def held_back(self, row: StreamConfiguration) -> str:
        if row.until_consumed is None:
            return "-"
        return gettext("yes") if row.until_consumed else gettext("no")

    @admin.display(description=_("new streams"))
    def new_streams(self, row: StreamConfiguration) -> str:
        return "-" if row.kind is None else row.get_kind_display()

    @admin.display(description=_("tags"))
    def tag_list(self, row: StreamConfiguration) -> str:
        return ", ".join(row.tags) or "-"
