"""The form for the settings of streams."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.quantities import AgeField, SizeField
from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.events.stream_settings import (
    checked_stream_setting,
    refuse_bounded_forever,
)
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import StreamConfiguration

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[StreamConfiguration]
else:
    ModelForm = forms.ModelForm

T = TypeVar("T")


class TagsField(forms.CharField):
    """Texts, separated by commas."""

    widget = AdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        tags = [tag.strip() for tag in (value or "").split(",")]
        return _checked(checked_stream_setting, "tags", [tag for tag in tags if tag])


class StreamConfigurationForm(ModelForm):
    """Settings that a store can obey; anything else is refused here."""

    max_age = AgeField(
        label=_("Maximum age"),
        required=False,
        help_text=_("Older events are pruned: 90 d, 12 h, 30 min, 45 s."),
    )
    max_bytes = SizeField(
        label=_("Maximum size"),
        required=False,
        help_text=_(
            "Of data and metadata, as the database stores them: 500 MB, 2 GB. "
            "The oldest events beyond it are pruned."
        ),
    )
    tags = TagsField(
        label=_("Tags"), required=False, help_text=_("With commas between them.")
    )

    class Meta:
        model = StreamConfiguration
        fields = (
            "pattern",
            "description",
            "tags",
            "max_age",
            "max_count",
            "max_bytes",
            "keep_forever",
            "until_consumed",
            "kind",
        )
        widgets = {"description": AdminTextareaWidget(attrs={"rows": 3})}
        help_texts = {
            "pattern": _(
                "A stream, or a pattern: order-* for all that begin so, * for all. "
                "For each setting the closest one that says something counts."
            ),
            "max_count": _("Of the events beyond this number the oldest are pruned."),
            "keep_forever": _(
                "Age, count and size of wider patterns do not count for these streams."
            ),
            "until_consumed": _(
                "Nothing is pruned that a subscription has not read. A stopped one "
                "holds everything."
            ),
            "kind": _(
                "For streams that an append creates from now on. A stream keeps its "
                "kind."
            ),
        }

    def clean_pattern(self) -> str:
        return _checked(name_or_pattern, self.cleaned_data["pattern"], "pattern")

    def clean_max_age(self) -> Any:
        return self._clean_setting("max_age")

    def clean_max_count(self) -> Any:
        return self._clean_setting("max_count")

    def clean_max_bytes(self) -> Any:
        return self._clean_setting("max_bytes")

    def clean_description(self) -> Any:
        return self._clean_setting("description")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        try:
            refuse_bounded_forever(self.cleaned_data)
        except InvalidArgument as error:
            self.add_error("keep_forever", error.problem)
        return cleaned

    def _clean_setting(self, name: str) -> Any:
        return _checked(checked_stream_setting, name, self.cleaned_data[name])


def _checked(check: Callable[..., T], *args: Any) -> T:
    """Check as the store's own functions do, and tell it to the form."""
    try:
        return check(*args)
    except InvalidArgument as error:
        raise ValidationError(error.problem) from error
