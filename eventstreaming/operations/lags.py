"""How many events lie between a checkpoint and the end of what it reads."""

from collections.abc import Iterable

from django.db.models import BigIntegerField, Case, QuerySet, Subquery, When

from eventstreaming.models import Checkpoint, Event, Stream
from eventstreaming.processing.sources import Source, SourceKind

BOUND = 10_000  # events counted for one checkpoint


class Count(Subquery):
    """The number of rows of a query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = BigIntegerField()


def measure_lags(checkpoints: Iterable[Checkpoint], *, using: str) -> dict[int, int]:
    """
    Return the lag of each checkpoint by its id. `using` is their database.

    A lag of more than BOUND is BOUND + 1. In a serial stream it follows from
    the offsets; elsewhere the events are counted by an index, all checkpoints
    in one query. Events that a filter passes over count, too.
    """
    rows = list(checkpoints)
    sources = {row.pk: Source.parse(row.subscription.source) for row in rows}
    names = {source.name for source in sources.values() if source.is_stream}
    streams = {
        stream.name: stream
        for stream in (
            Stream.objects.using(using).filter(name__in=names) if names else ()
        )
    }
    lags: dict[int, int] = {}
    counts: dict[int, QuerySet[Event]] = {}
    for row in rows:
        source = sources[row.pk]
        if not source.is_stream:
            counts[row.pk] = _ahead(row, source)
            continue
        stream = streams.get(source.name)
        if stream is None or stream.state == Stream.State.DELETED:
            lags[row.pk] = 0
        elif stream.kind == Stream.Kind.CONCURRENT:
            counts[row.pk] = _ahead_in_stream(row, stream)
        else:
            following = 0 if row.offset is None else row.offset + 1
            ahead = stream.next_offset - max(following, stream.first_offset)
            lags[row.pk] = min(ahead, BOUND + 1)
    return lags | _count(counts, using)


def _ahead(checkpoint: Checkpoint, source: Source) -> QuerySet[Event]:
    events = Event.objects.filter(position__gt=checkpoint.position or 0)
    if source.kind is SourceKind.CATEGORY:
        events = events.filter(category=source.name)
    return events.order_by("position")


def _ahead_in_stream(checkpoint: Checkpoint, stream: Stream) -> QuerySet[Event]:
    events = Event.objects.filter(stream_id=stream.pk)
    if checkpoint.offset is not None:
        events = events.filter(offset__gt=checkpoint.offset)
    return events.order_by("offset")


def _count(ahead: dict[int, QuerySet[Event]], using: str) -> dict[int, int]:
    """Count the events of each query, up to one more than the bound."""
    if not ahead:
        return {}
    lag = Case(
        *(
            When(pk=key, then=Count(events.values("pk")[: BOUND + 1]))
            for key, events in ahead.items()
        )
    )
    rows = Checkpoint.objects.using(using).filter(pk__in=ahead).annotate(lag=lag)
    return dict(rows.values_list("pk", "lag"))
