"""The form for the settings of a queue. Workers obey them at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.events.queue_settings import checked_setting
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import Queue

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Queue]
else:
    ModelForm = forms.ModelForm

T = TypeVar("T")


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
        return _checked(checked_setting, "backoff", delays)


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
            "timeout",
            "concurrency",
            "backoff",
            "dead_letter_retention",
        )
        widgets = {
            "description": AdminTextareaWidget(attrs={"rows": 3}),
        }
        help_texts = {
            "name": _(
                "A queue, or a pattern: email-* for all that begin so, * for all. "
                "For each setting the closest name or pattern that has it counts."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["paused"] = self.instance.paused_at is not None

    def clean_name(self) -> str:
        return _checked(name_or_pattern, self.cleaned_data["name"], "name")

    def clean_description(self) -> Any:
        return self._clean_setting("description")

    def clean_visibility_timeout(self) -> Any:
        return self._clean_setting("visibility_timeout")

    def clean_max_attempts(self) -> Any:
        return self._clean_setting("max_attempts")

    def clean_max_deliveries(self) -> Any:
        return self._clean_setting("max_deliveries")

    def clean_timeout(self) -> Any:
        return self._clean_setting("timeout")

    def clean_concurrency(self) -> Any:
        return self._clean_setting("concurrency")

    def clean_dead_letter_retention(self) -> Any:
        return self._clean_setting("dead_letter_retention")

    def save(self, commit: bool = True) -> Queue:
        if not self.cleaned_data["paused"]:
            self.instance.paused_at = None
        elif self.instance.paused_at is None:
            self.instance.paused_at = timezone.now()
        return super().save(commit)

    def _clean_setting(self, name: str) -> Any:
        return _checked(checked_setting, name, self.cleaned_data[name])


def _checked(check: Callable[..., T], *args: Any) -> T:
    """Check as the store's own functions do, and tell it to the form."""
    try:
        return check(*args)
    except InvalidArgument as error:
        raise ValidationError(error.problem) from error
