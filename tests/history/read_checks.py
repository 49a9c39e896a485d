"""Checks of what was read: L6 to L9."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from tests.history.facts import Facts
from tests.history.invariants import invariant
from tests.history.log import Log, Read, Seen


@invariant("L6", "a place has one event for ever")
def places_keep_their_event(facts: Facts) -> Iterator[str]:
    """Compare every sight of a place, by whomever and whenever."""
    log = facts.log
    first: dict[object, tuple[tuple[object, ...], str]] = {}

    def differs(key: object, value: tuple[object, ...], where: str) -> Iterator[str]:
        known, place = first.setdefault(key, (value, where))
        if known != value:
            yield f"{key} is {value} in {where}, and {known} in {place}"

    for event in log.events:
        content = (event.item, event.digest, event.event_id)
        yield from differs((event.stream, event.offset), content, "the table")
        yield from differs(event.position, content, "the table")
    for append in log.appends:
        if append.fate.outcome == "ok":
            for (item, digest), (offset, position, event_id) in zip(
                append.contents, append.places, strict=True
            ):
                content, where = (item, digest, event_id), str(append.operation)
                yield from differs((append.stream, offset), content, where)
                yield from differs(position, content, where)
    for read in log.reads:
        if not read.in_transaction:
            for seen in read.events:
                content, where = (
                    (seen.item, seen.digest, seen.event_id),
                    str(read.operation),
                )
                yield from differs((seen.stream, seen.offset), content, where)
                yield from differs(seen.position, content, where)


@invariant("L7", "a reader goes on in order, from where it asked")
def readers_go_on_in_order(facts: Facts) -> Iterator[str]:
    """Look for a step back, or for events that were not asked for."""
    for read in facts.log.reads:
        places = [read.place(event) for event in read.events]
        for first, second in pairwise(places):
            if (first <= second) if read.backwards else (first >= second):
                yield f"{read.operation} gave {first}, then {second}"
        if places and read.start is not None:
            outside = (
                max(places) > read.start if read.backwards else min(places) < read.start
            )
            if outside:
                yield f"{read.operation} from {read.start} gave {places[0]}"
        if read.limit is not None and len(places) > read.limit:
            yield f"{read.operation} gave {len(places)} events, not {read.limit}"


@invariant("L8", "a reader skips nothing")
def readers_skip_nothing(facts: Facts) -> Iterator[str]:
    """Compare each read with the final log, up to the last event that it gave."""
    log = facts.log
    for read in log.reads:
        low, high = _covered(read, log)
        given = {read.place(event) for event in read.events}
        skipped = [
            event
            for event in log.between(read.source, low, high, read.event_types)
            if read.place(event) not in given
        ]
        if skipped:
            yield (
                f"{read.operation} of {read.source} gave {min(given, default=None)} to "
                f"{max(given, default=None)} and skipped {skipped[0]}"
            )


@invariant("L9", "only what is committed is read")
def only_committed_is_read(facts: Facts) -> Iterator[str]:
    """Look for events that are in no final log."""
    log = facts.log
    for read in log.reads:
        for event in read.events:
            if facts.is_truncated(event.stream, event.offset):
                continue
            stored = log.places.get((event.stream, event.offset))
            if stored is not None and stored.event_id == event.event_id:
                continue
            if not _is_own(event, read, log):
                yield f"{read.operation} gave {event}, which is not there"


def _covered(read: Read, log: Log) -> tuple[float, float]:
    """Return the places in which the reader must have given everything."""
    places = [read.place(event) for event in read.events]
    high = max(places, default=-1)
    ended_by_limit = read.limit is not None and len(places) >= read.limit
    if read.backwards:
        return (min(places, default=inf) if ended_by_limit else 0), high
    low = 0 if read.start is None else read.start
    if read.is_stream and not read.in_transaction and not ended_by_limit:
        # One stream is read up to all that was committed when the read began.
        known = log.head_known_at(read.source, read.operation.began)
        stop = read.operation.arguments.get("to_offset")
        high = max(high, known if stop is None else min(known, stop))
    return low, high


def _is_own(event: Seen, read: Read, log: Log) -> bool:
    """Say whether a transaction saw its own append, which came to nothing."""
    return read.in_transaction and any(
        append.operation.process == read.operation.process
        and append.fate.outcome != "ok"
        for append in log.appended.get(event.item or "", [])
    )
