"""Checks of what was appended: L1 to L5, L10."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from tests.history.facts import Facts
from tests.history.invariants import invariant
from tests.history.log import Appended, Log


@invariant("L1", "no append is lost")
def nothing_is_lost(facts: Facts) -> Iterator[str]:
    """Look for each event where the append said that it is, and only there."""
    log = facts.log
    for append in log.appends:
        if append.fate.outcome != "ok":
            continue
        for (item, digest), (offset, position, event_id) in zip(
            append.contents, append.places, strict=True
        ):
            if facts.is_truncated(append.stream, offset):
                continue
            where = f"{item} of {append.operation} at {append.stream}@{offset}"
            event = log.places.get((append.stream, offset))
            if event is None:
                yield f"{where} is missing"
            elif (event.item, event.digest, event.position, event.event_id) != (
                item,
                digest,
                position,
                event_id,
            ):
                yield f"{where} is {event} now"
            if len(log.items.get(item, [])) > 1:
                yield f"{where} is there {len(log.items[item])} times"


@invariant("L2", "an append with an unknown outcome is whole or absent")
def unknown_is_whole(facts: Facts) -> Iterator[str]:
    """Count the events of each such append."""
    log = facts.log
    for append in log.appends:
        if append.fate.outcome != "info":
            continue
        found = [log.items.get(item, []) for item, _ in append.contents]
        counts = {len(events) for events in found}
        if counts - {0, 1}:
            yield f"{append.operation} is there more than once"
        elif len(counts) > 1:
            there = sum(bool(events) for events in found)
            yield f"{append.operation} has {there} of {len(found)} events"


@invariant("L3", "nothing of a failed append appears")
def failed_is_absent(facts: Facts) -> Iterator[str]:
    """Look for events of failed and rolled back appends."""
    log = facts.log
    failed: dict[str | None, Appended] = {
        item: append
        for append in log.appends
        if append.fate.outcome == "fail"
        for item, _ in append.contents
        if all(other.fate.outcome == "fail" for other in log.appended[item])
    }
    for item in log.items.keys() & failed.keys():
        yield f"{item} is stored, but {failed[item].operation} failed"
    for read in log.reads:
        for event in read.events:
            append = failed.get(event.item)
            if append is None:
                continue
            # A transaction sees its own writes before they are rolled back.
            if not read.in_transaction or (
                read.operation.process != append.operation.process
            ):
                yield f"{read.operation} saw {event.item}, but {append.operation} failed"


@invariant("L4", "offsets have no gaps")
def offsets_have_no_gaps(facts: Facts) -> Iterator[str]:
    """Count the offsets of each stream and of each append."""
    log = facts.log
    for row in facts.final.streams:
        offsets = [event.offset for event in log.streams.get(row.name, [])]
        if offsets != list(range(row.first_offset, row.next_offset)):
            yield (
                f"{row.name} goes from {row.first_offset} to {row.next_offset - 1} "
                f"and has {_gap(offsets, row.first_offset, row.next_offset)}"
            )
    for append in log.appends:
        events = [
            event for item, _ in append.contents for event in log.items.get(item, [])
        ]
        for first, second in pairwise(events):
            if (
                second.offset != first.offset + 1
                or second.position <= first.position
                or second.stream != first.stream
            ):
                yield f"{append.operation} is not in order: {first}, then {second}"


@invariant("L5", "an append that ended before another has the lower place")
def order_is_real(facts: Facts) -> Iterator[str]:
    """Look for an append that lies behind one that began after its end."""
    log = facts.log
    by_position = _appends_by_position(log)
    sources = {"the store": log.events, **log.streams}
    for name, events in sources.items():
        latest: Appended | None = None  # to begin, among the earlier events
        for event in events:
            append = by_position.get(event.position)
            if append is None:
                continue
            if latest is not None and append.fate.ended < latest.operation.began:
                yield (
                    f"{append.operation} had ended when {latest.operation} began, and "
                    f"comes after it in {name}"
                )
            if latest is None or append.operation.began > latest.operation.began:
                latest = append


@invariant("L10", "an expected version is right for one append")
def versions_are_expected_once(facts: Facts) -> Iterator[str]:
    """Look for two winners of one version, and for conflicts without a cause."""
    log = facts.log
    winners: dict[tuple[str, int], Appended] = {}
    began = {
        (append.stream, offset): append.operation.began
        for append in log.appends
        if append.fate.outcome != "fail"
        for offset, _, _ in append.places
    }
    for append in log.appends:
        expected = append.expected
        if not isinstance(expected, int):
            continue
        if append.fate.outcome == "ok":
            other = winners.setdefault((append.stream, expected), append)
            if other is not append:
                yield (
                    f"{append.operation} and {other.operation} both expected "
                    f"{append.stream} at {expected}"
                )
            if append.places and append.places[0][0] != expected + 1:
                yield (
                    f"{append.operation} expected {append.stream} at {expected} and "
                    f"went to {append.places[0][0]}"
                )
        elif append.operation.result.get("error") == "WrongExpectedVersion":
            yield from _conflict(append, expected, began, log)


def _conflict(
    append: Appended,
    expected: int,
    began: dict[tuple[str, int], float],
    log: Log,
) -> Iterator[str]:
    """Check that the stream may have been elsewhere when the answer came."""
    following = (append.stream, expected + 1)
    # An append whose outcome is unknown has begun at an unknown time.
    moved_on = following in log.places and (
        began.get(following, -inf) < append.operation.ended
    )
    behind = expected >= 0 and (
        log.committed.get((append.stream, expected), inf) > append.operation.began
    )
    if not (moved_on or behind):
        yield (
            f"{append.operation} was refused, but {append.stream} was at {expected} "
            "all the time"
        )


def _appends_by_position(log: Log) -> dict[int, Appended]:
    return {
        event.position: append
        for append in log.appends
        if append.fate.outcome != "fail"
        for item, _ in append.contents
        for event in log.items.get(item, [])
    }


def _gap(offsets: list[int], first: int, following: int) -> str:
    missing = sorted(set(range(first, following)) - set(offsets))
    if missing:
        return f"no {missing[0]} ({len(missing)} missing)"
    return f"{len(offsets)} events, the last one at {offsets[-1] if offsets else -1}"
