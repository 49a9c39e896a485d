"""The next events of each partition, seen by the statement that reads its row."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    Case,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields import BooleanField
from django.db.models.functions import Coalesce, Left, Length
from django.db.models.sql.compiler import SQLCompiler

from eventstreaming.backends.reading import BucketRange
from eventstreaming.events.envelopes import BUCKETS
from eventstreaming.models import Event, Stream, Subscription
from eventstreaming.operations.row_comparisons import Greater, Row

SAMPLE = 1_000  # events that are looked at for one partition


class Sample(NamedTuple):
    """
    The next events of a partition's source, at most one more than SAMPLE.

    `own` of the `seen` ones are the partition's; `first` and `last` are places.
    """

    seen: int
    own: int
    first: int | None
    last: int | None
    first_at: datetime | None
    own_at: datetime | None

    @classmethod
    def read(cls, found: list[Any] | None) -> "Sample":
        """Return what next_events() found in a row."""
        if not found:
            return cls(0, 0, None, None, None, None)
        seen, own, first, last, first_at, own_at = found
        return cls(seen, own, first, last, _moment(first_at), _moment(own_at))


class Sampling(Subquery):
    """What is to be known of the rows of a query, as one JSON value."""

    template = (
        "(SELECT %(array)s(COUNT(*), COUNT(*) FILTER (WHERE own), MIN(place), "
        "MAX(place), MIN(at), MIN(at) FILTER (WHERE own)) "
        "FROM (%(subquery)s) AS sampled)"
    )
    output_field = JSONField()

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        template: str | None = None,
        **extra: Any,
    ) -> tuple[str, tuple[Any, ...]]:
        is_sqlite = connection.vendor == "sqlite"
        array = "JSON_ARRAY" if is_sqlite else "JSONB_BUILD_ARRAY"
        return super().as_sql(compiler, connection, template, array=array, **extra)


def next_events() -> Case:
    """
    Return the expression of a checkpoint that Sample.read() takes.

    It is None where the subscription has one partition, whose lag is counted.
    """
    source = "subscription__source"
    stream = Stream.objects.filter(name=OuterRef(OuterRef(source)))
    in_stream = Event.objects.filter(
        stream_id=Subquery(stream.values("pk")[:1]),
        offset__gt=Coalesce(OuterRef("offset"), -1),
    )
    position = Coalesce(OuterRef("position"), 0)
    category = Left(
        OuterRef(source), Length(OuterRef(source)) - 2, output_field=TextField()
    )
    # With an equality the planner takes all categories for equally long, and may
    # walk through a long one by the positions to find the events of a short one.
    in_category = Event.objects.filter(
        Greater(Row("category", "position"), Row(category, position)),
        category__lte=category,
    )
    return Case(
        When(first_bucket=0, last_bucket=BUCKETS - 1, then=None),
        When(
            **{source: "*"},
            then=_sampled(Event.objects.filter(position__gt=position), "position"),
        ),
        When(
            **{f"{source}__endswith": "-*"},
            then=_sampled(in_category, "category", "position"),
        ),
        default=_sampled(in_stream, "offset"),
        output_field=JSONField(),
    )


def _sampled(events: QuerySet[Event], *order: str) -> Sampling:
    """Look at the next events; the last column of the order is the place."""
    place = order[-1]
    by_event = Q(by=Value(Subscription.PartitionBy.EVENT))
    low, high = OuterRef("first_bucket"), OuterRef("last_bucket")
    own = Q(bucket__range=(low, high)) & ~by_event
    own |= Q(spread__range=(low, high)) & by_event
    rows = (
        events.order_by(*order)
        .annotate(
            by=ExpressionWrapper(
                OuterRef("subscription__partition_by"), output_field=TextField()
            ),
            spread=(F("position") * BucketRange.FACTOR).bitand(BUCKETS - 1),
        )
        .values(
            place=F(place),
            at=F("timestamp"),
            own=ExpressionWrapper(own, output_field=BooleanField()),
        )
    )
    return Sampling(rows[: SAMPLE + 1])


def _moment(text: str | None) -> datetime | None:
    """Return a time of the database, which SQLite writes without its zone."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (
        moment if moment.tzinfo or not settings.USE_TZ else moment.replace(tzinfo=UTC)
    )
