"""Making a read model anew from the events, in place or beside the one served."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.db import connections
from django.db.models import Q

from eventstreaming import clock
from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import (
    EventsTruncated,
    StreamDeleted,
    UnsupportedOperation,
)
from eventstreaming.models import ParkedEvent, Stream, Subscription
from eventstreaming.operations.rebuild_progress import RebuildProgress, Track
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.preparing import prepare_subscription
from eventstreaming.processing.projections.building import Building, shadow_name
from eventstreaming.processing.projections.clearing import InPlace
from eventstreaming.processing.projections.declared import declared_projection
from eventstreaming.processing.projections.exceptions import (
    RebuildFailed,
)
from eventstreaming.processing.projections.running import ProjectionRunner
from eventstreaming.processing.sources import Source, SourceKind

LOOK_SECONDS = 0.5
PAUSE = 0.02
NEAR = 1_000  # places that are caught up with while the one served waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild has done: events handled, seconds, and keys that are parked."""

    events: int
    seconds: float
    parked_keys: int


def rebuild_projection(
    name: str,
    *,
    beside: bool = False,
    resume: bool = False,
    despite_truncation: bool = False,
    begun: Callable[[], object] = lambda: None,
    progress: Callable[[RebuildProgress], object] = lambda progress: None,
    store: str = DEFAULT_ALIAS,
) -> Rebuilt:
    """
    Make the read model of a projection anew; return what was done.

    In place, it is emptied and caught up with, in one transaction each batch, by
    this process and all workers; a rebuild that is killed is finished by them.
    `beside` the one that is served, a second one is built in tables of its own,
    which are exchanged in one transaction when they have come as far: readers see
    the old one or the new one. If that is killed, what is served is untouched;
    `resume` goes on with it, while otherwise it begins anew. Either way, side effects
    are off for events that were handled before: see Projection.is_rebuilding.

    `begun` is called when others may take part (see join_rebuild()), `progress`
    about twice a second.

    Raise UnknownProjection for a name that is not declared, EventsTruncated or
    StreamDeleted when events are no longer kept, unless `despite_truncation`,
    RebuildFailed when a failing event stops it, and UnsupportedOperation for
    `beside` on another database than PostgreSQL.
    """
    declared = declared_projection(name, store)
    asked = event_stores[store]
    using = _database(asked)
    if beside and not _has_schemas(asked):
        raise UnsupportedOperation(
            f"{type(asked).__name__} builds nothing beside; rebuild {name!r} in place"
        )
    if not despite_truncation:
        _refuse_lost_history(declared.source, using)
    prepare_subscription(declared, asked, using)
    building: _Building = (Building if beside else InPlace)(declared, asked, using)
    if not resume or not building.is_going_on():
        building.begin()
    begun()
    track = Track(left=building.left(), handled=building.handled())
    handled = _build(building, track, progress)
    parked = ParkedEvent.objects.using(using).filter(subscription__name=name)
    return Rebuilt(
        events=handled,
        seconds=track.seconds,
        parked_keys=parked.values("key").distinct().count(),
    )


def join_rebuild(
    name: str,
    *,
    goes_on: Callable[[], bool] = lambda: True,
    store: str = DEFAULT_ALIAS,
) -> None:
    """
    Take part in building a read model beside the one served, until that ends.

    Any number of processes may: each works another partition. Return at once when
    nothing is being built. `goes_on` is asked now and then.
    """
    declared = declared_projection(name, store)
    asked = event_stores[store]
    using = _database(asked)
    building = Building(declared, asked, using)
    while building.is_going_on() and goes_on():
        if building.runner.run_batch() is not BatchResult.PROGRESSED:
            clock.sleep(PAUSE * 5)


def abandon_rebuild(name: str, *, store: str = DEFAULT_ALIAS) -> bool:
    """Remove what was built beside and not exchanged; say whether there was any."""
    declared = declared_projection(name, store)
    asked = event_stores[store]
    using = _database(asked)
    if not Subscription.objects.using(using).filter(name=shadow_name(name)).exists():
        return False
    Building(declared, asked, using).abandon()
    return True


class _Building(Protocol):
    """What is built, in place or beside."""

    @property
    def runner(self) -> ProjectionRunner: ...
    def is_going_on(self) -> bool: ...
    def begin(self) -> None: ...
    def follow(self) -> None: ...
    def left(self) -> int: ...
    def handled(self) -> int: ...
    def problem(self) -> str: ...
    def exchange(self) -> bool: ...


def _build(
    building: _Building, track: Track, progress: Callable[[RebuildProgress], object]
) -> int:
    """Work until it is done; return how many events were handled."""
    result, look_at = BatchResult.PROGRESSED, 0.0
    while True:
        if result is BatchResult.STOPPED:
            raise RebuildFailed(building.runner.projection.name, building.problem())
        if result is not BatchResult.PROGRESSED:
            clock.sleep(PAUSE)
        if result is not BatchResult.PROGRESSED or clock.monotonic() > look_at:
            look_at = clock.monotonic() + LOOK_SECONDS
            building.follow()
            left, handled = building.left(), building.handled()
            progress(track.at(left=left, handled=handled))
            if left <= NEAR and building.exchange():
                return track.at(left=0, handled=building.handled()).events
        result = building.runner.run_batch()


def _database(store: BaseEventStore) -> str:
    if store.database is None:
        raise UnsupportedOperation(f"{type(store).__name__} keeps no checkpoints")
    return store.database


def _has_schemas(store: BaseEventStore) -> bool:
    return connections[_database(store)].vendor == "postgresql"


def _refuse_lost_history(source: Source, using: str) -> None:
    """Raise when a model that is made anew would lack events."""
    streams = Stream.objects.using(using).filter(
        Q(first_offset__gt=0) | Q(state=Stream.State.DELETED)
    )
    if source.kind is SourceKind.STREAM:
        streams = streams.filter(name=source.name)
    elif source.kind is SourceKind.CATEGORY:
        streams = streams.filter(category=source.name)
    lost = streams.order_by("name").first()
    if lost is not None and lost.state == Stream.State.DELETED:
        raise StreamDeleted(lost.name)
    if lost is not None:
        raise EventsTruncated(lost.name, 0, lost.first_offset)
