"""The form for the settings of a queue. Workers obey them at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import Queue

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Queue]
else:
    ModelForm = forms.ModelForm

T = TypeVar("T")
MAX_SMALLINT = 32_767


class DelaysField(forms.CharField):
    """Seconds, separated by commas."""

    widget = AdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return ", ".join(f"{delay:g}" for delay in value)
        return value

    def to_python(self, value: Any) -> Any:
        texts = [text.strip() for text in (value or "").split(",")]
        if texts == [""]:
            return None
        try:
            delays = [float(text) for text in texts]
        except ValueError:
            raise ValidationError(
                gettext("Enter numbers with commas between them: 1, 5, 30")
            ) from None
        maximum = limits().delay
        return [
            _checked(arguments.seconds, delay, "backoff", maximum) for delay in delays
        ]


class QueueForm(ModelForm):
    """Settings that a store can obey; anything else is refused here."""

    paused = forms.BooleanField(
        label=_("Paused"),
        required=False,
        help_text=_("While this is set, no message is delivered."),
    )
    backoff = DelaysField(
        label=_("Backoff"),
        required=False,
        help_text=_("Seconds before each retry, like 1, 5, 30; the last one repeats."),
    )

    class Meta:
        model = Queue
        fields = (
            "name",
            "description",
            "visibility_timeout",
            "max_attempts",
            "max_deliveries",
            "backoff",
        )
        widgets = {
            "description": AdminTextareaWidget(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["paused"] = self.instance.paused_at is not None

    def clean_name(self) -> str:
        return _checked(arguments.stream_name, self.cleaned_data["name"], "name")

    def clean_visibility_timeout(self) -> float | None:
        value = self.cleaned_data["visibility_timeout"]
        return None if value is None else _checked(arguments.visibility_timeout, value)

    def clean_max_attempts(self) -> int | None:
        return self._clean_count("max_attempts")

    def clean_max_deliveries(self) -> int | None:
        return self._clean_count("max_deliveries")

    def save(self, commit: bool = True) -> Queue:
        if not self.cleaned_data["paused"]:
            self.instance.paused_at = None
        elif self.instance.paused_at is None:
            self.instance.paused_at = timezone.now()
        return super().save(commit)

    def _clean_count(self, name: str) -> int | None:
        value = self.cleaned_data[name]
        return _checked(arguments.optional_integer, value, name, 1, MAX_SMALLINT)


def _checked(check: Callable[..., T], *args: Any) -> T:
    """Check as the store's own functions do, and tell it to the form."""
    try:
        return check(*args)
    except InvalidArgument as error:
        raise ValidationError(error.problem) from error
