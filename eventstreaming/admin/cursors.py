"""
Where a page of a list begins: a place in an index, never a number of rows.

A cursor travels as text in the parameter `p` that Django's change list keeps
for pages: `after-1234`, `before-0,1234`, or `last`.
"""

import json
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.db.models import Model, QuerySet

from eventstreaming.admin.keysets import Keyset

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Rows after a place, or before it; without a place from the first or last."""

    place: tuple[Any, ...] | None = None
    backwards: bool = False

    @classmethod
    def parse(cls, text: str | None, keyset: Keyset) -> Self:
        """Read what `str()` made; raise ValueError on anything else."""
        if not text or text.isdecimal():  # a page number of a plain change list
            return cls()
        if text == "last":
            return cls(backwards=True)
        direction, _, encoded = text.partition("-")
        if direction not in ("after", "before"):
            raise ValueError("a cursor begins with 'after-' or 'before-'")
        try:
            values = json.loads(f"[{encoded}]")
        except RecursionError:
            raise ValueError("a place is not nested") from None
        return cls(keyset.clean(values), backwards=direction == "before")

    def __str__(self) -> str:
        if self.place is None:
            return "last" if self.backwards else ""
        direction = "before" if self.backwards else "after"
        encoded = json.dumps(self.place, default=str, separators=(",", ":"))
        return f"{direction}-{encoded[1:-1]}"

    def narrow(self, rows: QuerySet[M], keyset: Keyset) -> QuerySet[M]:
        """Order the rows from the cursor on, in the direction it looks."""
        descending = keyset.descending is not self.backwards
        rows = keyset.order(rows, descending=descending)
        if self.place is None:
            return rows
        return keyset.beyond(rows, self.place, descending=descending)

    def until(
        self, rows: QuerySet[M], place: tuple[Any, ...], keyset: Keyset
    ) -> QuerySet[M]:
        """Return the rows before `place`, seen in the direction of the cursor."""
        return keyset.beyond(
            rows, place, descending=keyset.descending is self.backwards
        )
