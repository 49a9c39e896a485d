"""Which rows an action is about: those that are ticked, or all that a filter finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

AT_MOST = 100_000  # rows of one action
BATCH = 1_000  # rows of one transaction
ACROSS, COUNTED, UP_TO = "select_across", "counted", "up_to"


class ChoiceForm(ActionForm):
    """
    The action, and whether it is for all that the filter finds.

    A list that is not counted cannot say "select all 12,345": the next page counts
    them, and asks.
    """

    select_across = forms.BooleanField(label=_("All that match:"), required=False)


def is_across(request: HttpRequest) -> bool:
    """Say whether all that the filter finds is meant, not what is ticked."""
    return request.POST.get(ACROSS, "") not in ("", "0", "false", "False")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """
    The rows of an action, counted.

    `up_to` is the last key when all that match are meant: what comes later was
    not asked about. `missing` are ticked rows that are gone.
    """

    rows: QuerySet[Any]
    count: int
    across: bool
    up_to: Any = None
    missing: int = 0

    @classmethod
    def count_now(cls, request: HttpRequest, rows: QuerySet[Any]) -> Self:
        """Count what is there now; above AT_MOST there is one more, at least."""
        keys = rows.order_by().values("pk")[: AT_MOST + 1]
        found = keys.aggregate(count=Count("pk"), last=Max("pk"))
        count, across = found["count"], is_across(request)
        ticked = set() if across else set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        return cls(
            rows=rows,
            count=count,
            across=across,
            up_to=found["last"],
            missing=max(len(ticked) - count, 0),
        )

    @classmethod
    def as_asked(cls, request: HttpRequest, rows: QuerySet[Any]) -> Self | None:
        """Return what the question was about; None if it was not about all of them."""
        if not is_across(request):
            return cls.count_now(request, rows)
        try:
            count = int(request.POST[COUNTED])
            up_to: Any = rows.model._meta.pk.to_python(request.POST[UP_TO])
        except (KeyError, ValueError, ValidationError):
            return None
        return cls(
            rows=rows, count=min(max(count, 0), AT_MOST), across=True, up_to=up_to
        )

    @property
    def too_many(self) -> bool:
        """Say whether there are more than one action may be about."""
        return self.count > AT_MOST

    def fields(self) -> list[tuple[str, str]]:
        """Return what the answer must bring back, so that it is about the same."""
        if not self.across:
            return []
        return [(COUNTED, str(self.count)), (UP_TO, str(self.up_to))]

    def batches(self) -> Iterator[tuple[list[Any], QuerySet[Any]]]:
        """
        Yield the keys of each batch, the lowest first, and its rows, to be fetched.

        The rows are those that still match; no more in all than were counted.
        """
        rows = self.rows.order_by()
        if self.across:
            rows = rows.filter(pk__lte=self.up_to)
        keys = sorted(rows.values_list("pk", flat=True)[: AT_MOST + 1])[: self.count]
        for start in range(0, len(keys), BATCH):
            batch = keys[start : start + BATCH]
            yield batch, rows.filter(pk__in=batch).order_by("pk")
