"""The list of parked events: edited, tried again, or skipped."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import operator_action
from eventstreaming.admin.bulk import BulkMixin, Change, counted
from eventstreaming.admin.filters import ExactFilter
from eventstreaming.admin.formats import moment, object_link
from eventstreaming.admin.payloads import (
    error_block,
    error_line,
    is_redacted,
    may_see_payloads,
    payload_block,
)
from eventstreaming.events.envelopes import new_events
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import Event, ParkedEvent
from eventstreaming.operations.parked_events import (
    replay_parked_events,
    skipped_positions,
)
from eventstreaming.types import EventData

if TYPE_CHECKING:  # the stubs' class is generic, Django's is not
    ModelForm = forms.ModelForm[ParkedEvent]
else:
    ModelForm = forms.ModelForm


class ParkedSubscriptionFilter(ExactFilter):
    """The subscription that has parked an event."""

    title = _("subscription")
    parameter_name = "subscription"
    field_name = "subscription__name"


class ParkedEventForm(ModelForm):
    """Other data for the handler, checked as an event's data is."""

    def clean_edited_data(self) -> Any:
        """Return the data as the handler gets it, or None for the event's own."""
        data = self.cleaned_data["edited_data"]
        if data is None:
            return None
        event = EventData(self.instance.event_type, data)
        try:
            (checked,) = new_events(self.instance.stream_name, event)
        except InvalidArgument as error:
            raise ValidationError(str(error)) from error
        return checked.data


class ParkedEventAdmin(BulkMixin):
    """Events that subscriptions have set aside."""

    form = ParkedEventForm
    list_display = (
        "position",
        "subscription",
        "key",
        "event_type",
        "state",
        "attempts",
        "error_line",
        "parked",
    )
    list_filter = (ParkedSubscriptionFilter,)
    list_select_related = ("subscription",)
    actions = ("replay_selected", "skip_selected")
    empty_text = _(
        "No event is parked. An event comes here when its handler fails, with all "
        "later events of its key, so that the others go on."
    )
    no_match_text = _("No parked event matches the filter.")
    fields = (
        "event_link",
        "subscription",
        "key",
        "event_type",
        "state",
        "attempts",
        "error_block",
        "parked",
        "event_data",
        "edited_data",
    )
    readonly_fields = (*fields[:-1], "edited_block")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the user may give handlers other data: who sees all of it."""
        may_edit = request.user.has_perm("eventstreaming.edit_parkedevent")
        return may_edit and may_see_payloads(request) and not _is_redacted(obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show who may not edit the data what there is to see of it."""
        fields = list(super().get_fields(request, obj))
        if not self.has_change_permission(request, obj):
            fields[fields.index("edited_data")] = "edited_block"
        return fields

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may have parked events tried again."""
        return request.user.has_perm("eventstreaming.replay_parkedevent")

    def has_skip_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may skip parked events."""
        return request.user.has_perm("eventstreaming.skip_parkedevent")

    def save_model(
        self, request: HttpRequest, obj: ParkedEvent, form: Any, change: bool
    ) -> None:
        """Write the data only: workers may change the rest at this moment."""
        obj.save(update_fields=["edited_data"])

    @operator_action(
        permissions=["replay"],
        description=_("Try its key again"),
        description_plural=_("Try the keys of the selected again"),
    )
    def replay_selected(
        self, request: HttpRequest, queryset: QuerySet[ParkedEvent]
    ) -> HttpResponse | None:
        """Let workers try the failed events of these keys again."""
        change = Change(
            title=gettext("Try parked events again"),
            question=counted(
                lambda count: ngettext(
                    "Try the key of %(count)s parked event again?",
                    "Try the keys of %(count)s parked events again?",
                    count,
                )
            ),
            done=counted(
                lambda count: ngettext(
                    "%(count)s event is tried again.",
                    "%(count)s events are tried again, each key in its order.",
                    count,
                )
            ),
            passed_over=counted(
                lambda count: ngettext(
                    "%(count)s was passed over: its key is being tried already.",
                    "%(count)s were passed over: their keys are being tried already.",
                    count,
                )
            ),
            log=gettext("To be tried again."),
            act=lambda rows, using: _replay(rows),
            yes=gettext("Yes, try them"),
            no=gettext("No, leave them"),
        )
        return self.carry_out(request, queryset, change)

    @operator_action(
        permissions=["skip"],
        description=_("Skip: forget for good"),
        description_plural=_("Skip selected: forget for good"),
    )
    def skip_selected(
        self, request: HttpRequest, queryset: QuerySet[ParkedEvent]
    ) -> HttpResponse | None:
        """Forget parked events for good."""
        change = Change(
            title=gettext("Skip parked events"),
            question=counted(
                lambda count: ngettext(
                    "Skip %(count)s event for good? Its handler will never get it.",
                    "Skip %(count)s events for good? Their handlers will never get "
                    "them.",
                    count,
                )
            ),
            done=counted(
                lambda count: ngettext(
                    "%(count)s event was skipped.",
                    "%(count)s events were skipped.",
                    count,
                )
            ),
            passed_over=counted(
                lambda count: ngettext(
                    "%(count)s was passed over: it was handled or skipped meanwhile.",
                    "%(count)s were passed over: they were handled or skipped "
                    "meanwhile.",
                    count,
                )
            ),
            log=gettext("Skipped."),
            act=lambda rows, using: _skip(rows),
            yes=gettext("Yes, skip them"),
            no=gettext("No, take me back"),
            leaves=True,
        )
        return self.carry_out(request, queryset, change)

    @admin.display(description=_("event"))
    def event_link(self, row: ParkedEvent) -> str:
        text = f"{row.stream_name} @ {row.offset}"
        return object_link(self, Event, row.position, text)

    @admin.display(description=_("error"))
    def error_line(self, row: ParkedEvent) -> str:
        return error_line(row, row.error)

    @admin.display(description=_("error"))
    def error_block(self, row: ParkedEvent) -> str:
        return error_block(row, row.error)

    @admin.display(description=_("data of the event"))
    def event_data(self, row: ParkedEvent) -> str:
        """Return what the event itself says; it never changes."""
        event = Event.objects.filter(position=row.position).first()
        if event is None:
            return gettext("The event was removed.")
        return payload_block(row, row.stream_name, row.event_type, event.data)

    @admin.display(description=_("edited data"))
    def edited_block(self, row: ParkedEvent) -> str:
        """Return what the handler gets instead of the event's own data."""
        if row.edited_data is None:
            return "-"
        return payload_block(row, row.stream_name, row.event_type, row.edited_data)

    @admin.display(description=_("parked"))
    def parked(self, row: ParkedEvent) -> str:
        return moment(row.parked_at)


def _is_redacted(row: ParkedEvent | None) -> bool:
    if row is None or row.edited_data is None:
        return False
    return is_redacted(row.stream_name, row.event_type, row.edited_data)


def _replay(rows: list[ParkedEvent]) -> list[int]:
    """Return the ids of the rows whose keys are tried again."""
    keys = defaultdict(set)
    for row in rows:
        keys[row.subscription.name].add(row.key)
    replayed = {
        (subscription, key)
        for subscription, found in keys.items()
        for key in replay_parked_events(subscription, found)
    }
    return [row.pk for row in rows if (row.subscription.name, row.key) in replayed]


def _skip(rows: list[ParkedEvent]) -> list[int]:
    positions = defaultdict(list)
    for row in rows:
        positions[row.subscription.name].append(row.position)
    skipped = {
        (subscription, position)
        for subscription, found in positions.items()
        for position in skipped_positions(subscription, found)
    }
    return [row.pk for row in rows if (row.subscription.name, row.position) in skipped]
