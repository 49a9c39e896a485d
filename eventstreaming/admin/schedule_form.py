"""The form for a schedule: only what has a handler can be chosen."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.backends import event_stores
from eventstreaming.events import arguments
from eventstreaming.events.codec import decode
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import InvalidArgument, UnreadablePayload
from eventstreaming.models import Schedule
from eventstreaming.processing.registry import handlers
from eventstreaming.processing.schedule_definitions import ScheduleDefinition
from eventstreaming.processing.timetables import Timetable
from eventstreaming.types import EventData

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Schedule]
else:
    ModelForm = forms.ModelForm

FIELDS = (
    "name",
    "queue",
    "message_type",
    "data",
    "cron",
    "every",
    "timezone",
    "catch_up",
    "jitter",
    "overlap",
    "priority",
)


class ScheduleForm(ModelForm):
    """A schedule that workers can keep; anything else is refused here."""

    queue = forms.ChoiceField(
        label=_("Queue"), help_text=_("Those that a handler is declared for.")
    )
    message_type = forms.ChoiceField(
        label=_("Message type"),
        required=False,
        help_text=_("Those that are declared with @event, or plain data."),
    )
    data = forms.JSONField(  # type: ignore[assignment]
        label=_("Data"),
        required=False,
        initial=dict,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 6}),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Whose clock the cron expression goes by.")
    )

    class Meta:
        model = Schedule
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        self._choose("queue", handled_queues(), row.queue)
        self._choose("message_type", event_types.names(), row.message_type)
        if "message_type" in self.fields:
            plain: Any = self.fields["message_type"]
            plain.choices = [("", gettext("plain data")), *plain.choices]
        self._choose("timezone", sorted(available_timezones()), row.timezone)
        if row.pk is None:
            self.initial.setdefault("timezone", settings.TIME_ZONE or "UTC")

    def clean_name(self) -> str:
        try:
            return arguments.stream_name(self.cleaned_data["name"], "name")
        except InvalidArgument as error:
            raise ValidationError(error.problem) from error

    def clean(self) -> dict[str, Any]:
        """Check all as `schedule()` does, and that the type takes the data."""
        super().clean()
        cleaned = self.cleaned_data
        if not self.errors:
            try:
                definition = self._definition(cleaned)
                if definition.message_type:
                    version, data = definition.schema_version, definition.data
                    decode(definition.message_type, version, data, "Data")
            except InvalidArgument as error:
                field = error.field.partition(".")[0]
                field = {"message": "data"}.get(field, field)
                self.add_error(field if field in cleaned else None, error.problem)
            except UnreadablePayload as error:
                self.add_error("data", str(error))
            else:
                cleaned.update(definition.columns())
                self.instance.schema_version = definition.schema_version
        return cleaned

    def _definition(self, cleaned: dict[str, Any]) -> ScheduleDefinition:
        data: object = cleaned["data"] if cleaned["data"] is not None else {}
        if cleaned["message_type"]:
            data = EventData(cleaned["message_type"], data)
        return ScheduleDefinition.of(
            cleaned.get("name", self.instance.name),
            cleaned["queue"],
            data,
            Timetable.of(
                cron=cleaned["cron"].strip() or None,
                every=cleaned["every"],
                timezone=cleaned["timezone"],
            ),
            priority=cleaned["priority"],
            catch_up=cleaned["catch_up"],
            jitter=cleaned["jitter"],
            overlap=cleaned["overlap"],
        )

    def _choose(self, name: str, values: Iterable[str], present: str) -> None:
        """Offer the values, and what the row has, so that it can be seen."""
        if name in self.fields:
            chosen = dict.fromkeys(values)
            if self.instance.pk is not None and present:
                chosen.setdefault(present)
            field: Any = self.fields[name]
            field.choices = [(value, value) for value in chosen]


def handled_queues() -> list[str]:
    """Return the queues of the default store that a handler is declared for."""
    database = event_stores["default"].database
    return sorted(
        handler.queue
        for handler in handlers.queues.values()
        if event_stores[handler.store].database == database
    )
