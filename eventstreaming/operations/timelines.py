"""The timeline of a correlation id: events, messages, tasks and sagas in one order."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections
from django.db.models import Model
from django.utils.timezone import is_naive, make_aware

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import DeadLetter, Message, Saga, TaskResult
from eventstreaming.operations.correlated_events import correlated_events, events_by_id
from eventstreaming.types import StoredEvent

LIMIT = 200  # entries of each kind
NEWEST = 10_000  # rows of each table that are looked at where no index helps

_IS_KEY = re.compile(r"[1-9][0-9]{0,17}")
KINDS = ("event", "message", "dead letter", "task", "saga")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """
    One thing that happened.

    `kind` is one of KINDS and `key` its primary key. `name` is its type, `place` the
    stream and offset, or the queue. `cause` is the number of the entry that caused
    it, counted from 0, and `depth` how many causes it has behind it.
    """

    kind: str
    key: int
    at: datetime
    name: str
    place: str
    state: str = ""
    cause: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The entries in the order of their times; `is_whole` is False for a part."""

    correlation_id: str
    entries: list[TimelineEntry]
    is_whole: bool


def timeline(
    correlation_id: str,
    *,
    kinds: Collection[str] = KINDS,
    store: str = DEFAULT_ALIAS,
) -> Timeline:
    """
    Return what there is of a correlation id, by time; of each kind 200 at most.

    What began the story is in it, though it may have no correlation id of its own:
    the event or message whose id the others have as theirs, and the causes that they
    name. Events are found by their index. Messages, dead letters, tasks and sagas have
    none, for it would slow every enqueue: these are looked for among the newest
    10,000 of each. Raise UnsupportedOperation for a store in no database.
    """
    arguments.text(correlation_id, "correlation_id")
    using = event_stores[store].database
    if using is None:
        raise UnsupportedOperation(f"store {store!r} has no timelines")
    found: list[_Found] = []
    whole = True
    if "event" in kinds:
        events = correlated_events(correlation_id, limit=LIMIT + 1, store=store)
        whole = len(events) <= LIMIT
        events = events[:LIMIT]
        origins = _origins(correlation_id, events, store)
        found += map(_told, [*origins, *events])
    for kind in KINDS[1:]:
        if kind in kinds:
            rows = _rows(kind, correlation_id, using)
            whole = whole and len(rows) <= LIMIT
            found += rows[:LIMIT]
    found.sort(key=lambda item: (item.at, KINDS.index(item.kind), item.key))
    return Timeline(correlation_id, _linked(found), whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    kind: str
    key: int
    at: datetime
    name: str
    place: str
    state: str = ""
    identity: str = ""
    caused_by: str | None = None


def _origins(
    correlation_id: str, events: list[StoredEvent], store: str
) -> list[StoredEvent]:
    """Return the events that began it, as far as they do not tell another story."""
    known = {str(event.event_id) for event in events}
    named = {event.causation_id for event in events if event.causation_id}
    causes = events_by_id({correlation_id, *named} - known, store=store)
    return [
        event
        for event in causes[:LIMIT]
        if event.correlation_id is None or str(event.event_id) == correlation_id
    ]


def _told(event: StoredEvent) -> _Found:
    return _Found(
        kind="event",
        key=event.position,
        at=event.timestamp,
        name=event.event_type,
        place=f"{event.stream_name}@{event.offset}",
        identity=str(event.event_id),
        caused_by=event.causation_id,
    )


def _rows(kind: str, correlation_id: str, using: str) -> list[_Found]:
    """Return those of a kind that have the id, and the one that the id is of."""
    model, columns = _TABLES[kind]
    newest = "SELECT {}, correlation_id FROM {} ORDER BY id DESC LIMIT %s"
    statement = "SELECT {} FROM ({}) AS newest WHERE correlation_id = %s{} LIMIT %s"
    origin = ""
    ids: list[Any] = [correlation_id]
    queue, _, number = correlation_id.rpartition(":")
    if kind != "saga" and _IS_KEY.fullmatch(number):
        origin = " OR (correlation_id IS NULL AND id = %s AND queue = %s)"
        ids += [int(number), queue]
    newest = newest.format(", ".join(columns), model._meta.db_table)
    with connections[using].cursor() as cursor:
        cursor.execute(
            statement.format(", ".join(columns), newest, origin),
            [NEWEST, *ids, LIMIT + 1],
        )
        rows = cursor.fetchall()
    return [_row(kind, *row) for row in rows]


def _row(
    kind: str, key: int, at: datetime, name: str | None, place: str, state: Any
) -> _Found:
    if kind == "message":
        state = Message.State(state).label
    return _Found(
        kind=kind,
        key=key,
        at=make_aware(at) if is_naive(at) else at,
        name=name or "",
        place=place,
        state=str(state),
        # What a handler writes names its message like this.
        identity="" if kind == "saga" else f"{place}:{key}"[-255:],
    )


def _linked(found: list[_Found]) -> list[TimelineEntry]:
    """Tell which entry caused which; a cause that is not here has no number."""
    # A task has its message's id, and its result outlives the message.
    numbers = {item.identity: n for n, item in enumerate(found) if item.identity}
    causes = [
        None if item.caused_by is None else numbers.get(item.caused_by)
        for item in found
    ]
    return [
        TimelineEntry(
            kind=item.kind,
            key=item.key,
            at=item.at,
            name=item.name,
            place=item.place,
            state=item.state,
            cause=cause if cause != number else None,
            depth=_depth(number, causes),
        )
        for number, (item, cause) in enumerate(zip(found, causes, strict=True))
    ]


def _depth(number: int, causes: list[int | None]) -> int:
    """Count the causes behind an entry; those that go in a circle count once."""
    seen = {number}
    cause = causes[number]
    while cause is not None and cause not in seen:
        seen.add(cause)
        cause = causes[cause]
    return len(seen) - 1


_TABLES: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "message": (Message, ("id", "enqueued_at", "message_type", "queue", "state")),
    "dead letter": (DeadLetter, ("id", "died_at", "message_type", "queue", "reason")),
    "task": (TaskResult, ("id", "enqueued_at", "task", "queue", "status")),
    "saga": (Saga, ("id", "started_at", "name", "saga_id", "state")),
}
