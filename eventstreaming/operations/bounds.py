"""How much of a stream its settings let go."""

from datetime import timedelta

from django.db.models import F, Func, IntegerField, QuerySet, Sum, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from eventstreaming.events.stream_settings import StreamSettings
from eventstreaming.models import Event, Stream


class StoredSize(Func):
    """
    The bytes of a JSON column as the database stores them.

    On PostgreSQL that is the compressed size, which costs no decompression.
    """

    function = "LENGTH"
    template = "%(function)s(CAST(%(expressions)s AS BLOB))"
    output_field = IntegerField()

    def as_postgresql(self, compiler, connection, **extra):  # type: ignore[no-untyped-def]
        return self.as_sql(
            compiler,
            connection,
            function="pg_column_size",
            template="%(function)s(%(expressions)s)",
            **extra,
        )


SIZE: Combinable = StoredSize("data") + StoredSize("metadata")


def first_within_bounds(
    stream: Stream,
    settings: StreamSettings,
    last: int,
    *,
    age_of_first: float,
    using: str,
) -> int:
    """
    Return the first offset that no bound lets go.

    An event goes when it is beyond any of them, and all before it are, too.
    `last` is an offset up to which nothing can appear any more, `age_of_first`
    the age of the first event in seconds.
    """
    is_old = settings.max_age is not None and settings.max_age < age_of_first
    if not is_old and settings.max_count is None and settings.max_bytes is None:
        return stream.first_offset  # most streams, most of the time
    kept = Event.objects.using(using).filter(
        stream_id=stream.pk, offset__range=(stream.first_offset, last)
    )
    bounds = [stream.first_offset]
    if settings.max_age is not None and is_old:
        bounds.append(_young_from(kept, last, settings.max_age))
    if settings.max_count is not None:
        bounds.append(_newest_from(stream, kept, last, settings.max_count))
    if settings.max_bytes is not None:
        bounds.append(_small_from(kept, settings.max_bytes))
    return max(bounds)


def _young_from(kept: QuerySet[Event], last: int, seconds: float) -> int:
    """Walk over the old events; they are about to be deleted."""
    young = kept.filter(timestamp__gte=Now() - timedelta(seconds=seconds))
    in_order = young.order_by("stream_id", "offset").values_list("offset", flat=True)
    return next(iter(in_order[:1]), last + 1)


def _newest_from(stream: Stream, kept: QuerySet[Event], last: int, count: int) -> int:
    if stream.kind == Stream.Kind.SERIAL:
        return last + 1 - count  # without gaps
    newest = kept.order_by("-stream_id", "-offset").values_list("offset", flat=True)
    return next(iter(newest[count - 1 : count]), 0)


def _small_from(kept: QuerySet[Event], size: int) -> int:
    """Add up sizes from the newest event on, until they are too much."""
    totals = kept.annotate(
        total=Window(Sum(SIZE), order_by=F("offset").desc()),
    )
    beyond = totals.filter(total__gt=size).order_by("-offset")
    return next((at + 1 for at in beyond.values_list("offset", flat=True)[:1]), 0)
