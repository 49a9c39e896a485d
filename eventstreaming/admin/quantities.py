"""Form fields for amounts that people write with a unit: 90 d, 2.5 GB."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

_AMOUNT = re.compile(r"(\d{1,30}(?:\.\d{1,9})?)\s*([A-Za-z]*)")


class QuantityField(forms.CharField):
    """A number with a unit; without one it is in the smallest."""

    widget = AdminTextInputWidget
    units: Mapping[str, int] = {}

    def prepare_value(self, value: Any) -> Any:
        return written(value, self.units) if isinstance(value, int | float) else value

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip()
        if not text:
            return None
        match = _AMOUNT.fullmatch(text)
        size = self._size_of(match[2]) if match else None
        if match is None or size is None:
            raise ValidationError(
                gettext("Enter a number and a unit (%(units)s): 30 %(unit)s")
                % {"units": ", ".join(self.units), "unit": list(self.units)[-1]}
            )
        return float(match[1]) * size

    def _size_of(self, unit: str) -> int | None:
        sizes = {name.lower(): size for name, size in self.units.items()}
        return sizes.get(unit.lower(), None if unit else 1)


class AgeField(QuantityField):
    """A duration; its value is in seconds."""

    units = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


class SizeField(QuantityField):
    """A size; its value is in bytes, a whole number."""

    units = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}

    def to_python(self, value: Any) -> Any:
        size = super().to_python(value)
        return None if size is None else round(size)


def written(value: float | None, units: Mapping[str, int]) -> str:
    """Return an amount in the largest unit that leaves no fraction."""
    if value is None:
        return ""
    fitting = [name for name, size in units.items() if value % size == 0]
    name = fitting[-1] if fitting else next(iter(units))
    return f"{value / units[name]:.15g} {name}"
