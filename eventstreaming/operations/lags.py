"""How many events lie between a checkpoint and the end of what it reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Case, QuerySet, Subquery, When

from eventstreaming.models import Checkpoint, Event, Stream
from eventstreaming.processing.sources import Source, SourceKind

BOUND = 10_000  # events counted for one checkpoint


class Count(Subquery):
    """The number of rows of a query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = BigIntegerField()


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies ahead of a checkpoint: how many events, and the time of the next."""

    lag: int
    next_at: datetime | None


def measure_lags(checkpoints: Iterable[Checkpoint], *, using: str) -> dict[int, int]:
    """
    Return the lag of each checkpoint by its id. `using` is their database.

    A lag of more than BOUND is BOUND + 1. In a serial stream it follows from
    the offsets; elsewhere the events are counted by an index, all checkpoints
    in one query. Events that a filter passes over count, too.
    """
    rows = list(checkpoints)
    found = Stream.objects.using(using).filter(
        name__in={row.subscription.source for row in rows}
    )
    streams = {stream.name: stream for stream in found} if rows else {}
    ahead = measure_ahead(rows, streams, using=using)
    return {key: found.lag for key, found in ahead.items()}


def measure_ahead(
    checkpoints: Iterable[Checkpoint], streams: Mapping[str, Stream], *, using: str
) -> dict[int, Ahead]:
    """
    Return what lies ahead of each checkpoint by its id, in one query.

    `streams` are those that are read, by name; see measure_lags().
    """
    rows = list(checkpoints)
    sources = {row.pk: Source.stored(row.subscription.source) for row in rows}
    known: dict[int, int] = {}
    following: dict[int, QuerySet[Event]] = {}
    nothing = Ahead(0, None)
    for row in rows:
        source = sources[row.pk]
        if not source.is_stream:
            following[row.pk] = _ahead(row, source)
            continue
        stream = streams.get(source.name)
        if stream is None or stream.state == Stream.State.DELETED:
            continue
        following[row.pk] = _ahead_in_stream(row, stream)
        if stream.kind == Stream.Kind.SERIAL:
            first = 0 if row.offset is None else row.offset + 1
            lag = stream.next_offset - max(first, stream.first_offset)
            known[row.pk] = min(lag, BOUND + 1)
    measured = _measure(following, known, using)
    return {row.pk: measured.get(row.pk, nothing) for row in rows}


def _ahead(checkpoint: Checkpoint, source: Source) -> QuerySet[Event]:
    events = Event.objects.filter(position__gt=checkpoint.position or 0)
    if source.kind is SourceKind.CATEGORY:
        events = events.filter(category=source.name)
    return events.order_by("position")


def _ahead_in_stream(checkpoint: Checkpoint, stream: Stream) -> QuerySet[Event]:
    first = 0 if checkpoint.offset is None else checkpoint.offset + 1
    events = Event.objects.filter(
        stream_id=stream.pk, offset__gte=max(first, stream.first_offset)
    )
    return events.order_by("offset")


def _measure(
    following: dict[int, QuerySet[Event]], known: dict[int, int], using: str
) -> dict[int, Ahead]:
    """Count what is not known, up to one more than the bound, and find the next."""
    if not following:
        return {}
    lag = Case(
        *(
            When(pk=key, then=Count(events.values("pk")[: BOUND + 1]))
            for key, events in following.items()
            if key not in known
        ),
        default=None,
        output_field=BigIntegerField(),
    )
    next_at = Case(
        *(
            When(pk=key, then=Subquery(events.values("timestamp")[:1]))
            for key, events in following.items()
        )
    )
    rows = (
        Checkpoint.objects.using(using)
        .filter(pk__in=following)
        .annotate(lag=lag, next_at=next_at)
    )
    return {
        key: Ahead(known[key] if counted is None else counted, at)
        for key, counted, at in rows.values_list("pk", "lag", "next_at")
    }
