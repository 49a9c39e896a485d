"""
Removing what is beyond the bounds of `configure_stream()`.

A stream's first offset is raised before its events are deleted, in batches that
commit one by one. A run may be killed at any time and another may go on at the
same time: the next one finishes what is left.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database.stream_settings import stored_settings
from eventstreaming.events import arguments
from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.events.stream_settings import stream_settings_in_force
from eventstreaming.exceptions import StreamDeleted, UnsupportedOperation
from eventstreaming.models import Event, OnceKey, Stream, StreamConfiguration
from eventstreaming.operations.bounds import first_within_bounds
from eventstreaming.operations.consumption import Consumption
from eventstreaming.operations.named import named
from eventstreaming.operations.windows import DailyWindow

STREAMS_PER_PAGE = 500
IDEMPOTENCY_RETENTION = timedelta(days=7)
ONCE_RETENTION = timedelta(days=30)

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class PruneReport:
    """
    What a run removed, or would have removed.

    `finished` is False when the window closed before the end; the next run
    goes on. `keys` are those of idempotency and of once() that have served
    their time.
    """

    streams: int = 0
    events: int = 0
    keys: int = 0
    finished: bool = True


def prune_streams(
    names: Collection[str] = (),
    *,
    dry_run: bool = False,
    batch_size: int = 1_000,
    window: DailyWindow | None = None,
    progress: Progress | None = None,
    store: str = DEFAULT_ALIAS,
) -> PruneReport:
    """
    Remove the events that are beyond the bounds of their streams.

    `names` are streams and patterns (default: all). Nothing is removed that is
    newer than the bounds say, nor, with `until_consumed`, what a subscription
    has not read. What an interrupted removal has left is deleted, too, and so
    are idempotency keys of more than seven days and keys of once() of more than 30,
    unless `names` are given. `progress`
    is called with a stream's name and a number of events after each batch, or,
    in a `dry_run`, once for each stream. Raise UnsupportedOperation for a store
    that is in no database. Each batch commits by itself, unless the caller is in
    a transaction.
    """
    places = [name_or_pattern(name, "names") for name in names]
    size = arguments.integer(batch_size, "batch_size", 1, 100_000)
    report = PruneReport()
    pruner = _Pruner(event_stores[store], size, dry_run)
    for stream in pruner.streams(places):
        if not _may_run(window):
            report.finished = False
            break
        before = report.events
        for count in pruner.prune(stream):
            report.events += count
            if progress is not None and count:
                progress(stream.name, count)
            if not _may_run(window):
                report.finished = False
                break
        report.streams += report.events > before
    if report.finished and not (dry_run or places):
        report.keys = _forget_keys(pruner.store, size)
        report.keys += _forget_once_keys(pruner.store, size)
    return report


def _forget_keys(store: BaseEventStore, batch_size: int) -> int:
    forgotten = 0
    while count := store.forget_idempotency_keys(IDEMPOTENCY_RETENTION, batch_size):
        forgotten += count
    return forgotten


def _forget_once_keys(store: BaseEventStore, batch_size: int) -> int:
    forgotten = 0
    rows = OnceKey.objects.using(store.database)
    old = rows.filter(created_at__lt=Now() - ONCE_RETENTION).order_by("created_at")
    while ids := list(old.values_list("pk", flat=True)[:batch_size]):
        forgotten += rows.filter(pk__in=ids).delete()[0]
    return forgotten


def _may_run(window: DailyWindow | None) -> bool:
    return window is None or window.is_open(clock.now())


class _Pruner:
    """Looks at one stream after another."""

    def __init__(self, store: BaseEventStore, batch_size: int, dry_run: bool) -> None:
        if store.database is None:
            raise UnsupportedOperation(f"{type(store).__name__} is never pruned")
        self.store = store
        self.using: str = store.database
        self.batch_size = batch_size
        self.dry_run = dry_run

    def streams(self, places: Collection[str]) -> Iterator[Stream]:
        """Iterate over the streams, page by page, with fresh settings for each."""
        chosen = Stream.objects.using(self.using).filter(named(places))
        events = Event.objects.filter(stream_id=OuterRef("pk"))
        hidden = events.filter(offset__lt=OuterRef("first_offset"))
        kept = events.filter(offset__gte=OuterRef("first_offset"))
        oldest = kept.order_by("stream_id", "offset").values("timestamp")[:1]
        after = ""
        while True:
            page = list(
                chosen.filter(name__gt=after)
                .annotate(has_hidden=Exists(hidden), oldest=Subquery(oldest), now=Now())
                .order_by("name")[:STREAMS_PER_PAGE]
            )
            if not page:
                return
            self._look()
            yield from page
            after = page[-1].name

    def prune(self, stream: Any) -> Iterator[int]:
        """Remove what is beyond the bounds; yield how many after each batch."""
        keep_from = self._keep_from(stream)
        cut = keep_from > stream.first_offset
        if not cut and not stream.has_hidden:
            return
        if self.dry_run:
            events = Event.objects.using(self.using).filter(stream_id=stream.pk)
            yield events.filter(offset__lt=keep_from).count()
            return
        try:
            if cut:
                self.store.raise_first_offset(stream.name, keep_from)
        except StreamDeleted:
            pass  # meanwhile; its events go, too
        yield from self.store.remove_truncated(stream.name, self.batch_size)

    def _look(self) -> None:
        rows = StreamConfiguration.objects.using(self.using)
        self._settings = {row.pattern: stored_settings(row) for row in rows}
        self._consumption = Consumption(self.using)

    def _keep_from(self, stream: Any) -> int:
        first: int = stream.first_offset
        settings = stream_settings_in_force(stream.name, self._settings)
        if stream.oldest is None or not settings.is_bounded:
            return first
        # Up to here nothing can appear any more.
        concurrent = stream.kind == Stream.Kind.CONCURRENT
        last = self.store.fence() if concurrent else stream.next_offset - 1
        age = (stream.now - stream.oldest).total_seconds()
        keep_from = first_within_bounds(
            stream, settings, last, age_of_first=age, using=self.using
        )
        if settings.until_consumed and keep_from > first:
            return self._consumption.first_unread(stream, keep_from)
        return keep_from
