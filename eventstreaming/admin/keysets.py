"""The columns that order a list, as an index has them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, QuerySet, Value

from eventstreaming.events import arguments
from eventstreaming.operations.row_comparisons import Greater, Less, Row

M = TypeVar("M", bound=Model)


class Keyset:
    """
    Columns that are unique together, all in one direction.

    An index has them in this order, after the columns that the list is
    filtered by.
    """

    def __init__(self, model: type[Model], ordering: Sequence[str]) -> None:
        self.descending = ordering[0].startswith("-")
        if any(name.startswith("-") is not self.descending for name in ordering):
            raise ValueError(f"{ordering}: all columns must go in one direction")
        self.fields: list[Field[Any, Any]] = [
            _field(model, name.removeprefix("-")) for name in ordering
        ]
        self.names = [field.attname for field in self.fields]

    def place_of(self, row: Model) -> tuple[Any, ...]:
        """Return where a row lies."""
        return tuple(getattr(row, name) for name in self.names)

    def clean(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return a place that came from outside; raise ValueError if it is none."""
        if len(values) != len(self.fields):
            raise ValueError(f"a place has {len(self.fields)} values")
        return tuple(map(_clean, self.fields, values))

    def order(self, rows: QuerySet[M], *, descending: bool) -> QuerySet[M]:
        """Order the rows."""
        return rows.order_by(*(f"{'-' * descending}{name}" for name in self.names))

    def beyond(
        self, rows: QuerySet[M], place: tuple[Any, ...], *, descending: bool
    ) -> QuerySet[M]:
        """Return the rows that come after a place."""
        if len(place) == 1:
            lookup = f"{self.names[0]}__{'lt' if descending else 'gt'}"
            return rows.filter(**{lookup: place[0]})
        values = zip(self.fields, place, strict=True)
        return rows.filter(
            (Less if descending else Greater)(
                Row(*map(F, self.names)),
                Row(*(Value(value, output_field=field) for field, value in values)),
            )
        )


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, Field):
        raise ValueError(f"{name} is no column of {model._meta.label}")
    return field


def _clean(field: "Field[Any, Any]", value: Any) -> Any:
    """Return a value that the column can be compared with."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a place is made of whole numbers and texts")
    if isinstance(value, str):
        arguments.storable(value, field.name)
    try:
        return field.clean(value, None)
    except ValidationError as error:
        raise ValueError(error.messages) from error
