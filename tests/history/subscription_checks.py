"""Checks of subscriptions and of effects: L13, L14."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.history.facts import Facts
from tests.history.final import CheckpointRow
from tests.history.invariants import invariant
from tests.history.operations import Operation


@invariant("L13", "a checkpoint never falls, nor passes the head")
def checkpoints_only_grow(facts: Facts) -> Iterator[str]:
    """Compare the samples that were taken, and the last state."""
    samples = [o for o in facts.history.named("checkpoints") if o.outcome == "ok"]
    names = {name for sample in samples for name in sample.result["places"]}
    final = {row.name: row for row in facts.final.checkpoints}
    for name in sorted(names | final.keys()):
        highest: Operation | None = None
        for sample in sorted(samples, key=lambda o: o.ended):
            place = _place(sample, name)
            if (
                highest is not None
                and place < _place(highest, name)
                and sample.began > highest.ended
            ):
                yield f"{name} fell from {_place(highest, name)} to {place} in {sample}"
            if highest is None or place > _place(highest, name):
                highest = sample
        if (row := final.get(name)) is None or row.place is None:
            continue
        if highest is not None and row.place < _place(highest, name):
            yield f"{name} fell from {_place(highest, name)} to {row.place} at the end"
        if row.place > (head := _head(facts, row)):
            yield f"{name} is at {row.place}, and the head at {head}"


@invariant("L14", "an effect happens exactly once")
def effects_happen_once(facts: Facts) -> Iterator[str]:
    """Compare the effects of subscriptions and exact queues with their input."""
    subscriptions = {row.name: row for row in facts.final.checkpoints}
    for name in facts.final.exactly_once:
        if name in subscriptions:
            yield from _subscription_effects(facts, subscriptions[name])
        else:
            yield from _queue_effects(facts, name)
    for queue in facts.final.at_least_once:
        yield from _unexplained_effects(facts, queue)


def _queue_effects(facts: Facts, queue: str) -> Iterator[str]:
    counts = Counter(e.item for e in facts.final.effects if e.kind == queue)
    for item, count in counts.items():
        if count > 1:
            yield f"{item} of {queue} took effect {count} times"
    for item in counts.keys() & _unanswered(facts, queue):
        yield f"{item} of {queue} took effect and is not acknowledged"


def _subscription_effects(facts: Facts, row: CheckpointRow) -> Iterator[str]:
    effects = [e for e in facts.final.effects if e.kind == row.name]
    places = [effect.place for effect in effects if effect.place is not None]
    counts = Counter(places)
    reached = -1 if row.place is None else row.place
    by_offset = "*" not in row.source
    events = {
        event.offset if by_offset else event.position: event
        for event in facts.log.between(row.source, 0, reached, row.event_types)
    }
    for place in events.keys() - counts.keys():
        yield f"{row.name} is at {reached}, without the effect of {events[place]}"
    for place in counts.keys() - events.keys():
        yield f"{row.name} is at {reached}, and handled {place}, which it cannot know"
    for place, count in counts.items():
        if count > 1:
            yield f"{row.name} handled {place} {count} times"
    for before, after in pairwise(places):
        if after < before:
            yield f"{row.name} handled {before}, then {after}"


def _unanswered(facts: Facts, queue: str) -> set[str | None]:
    """Return the items that are still to be handled, or died."""
    rows = facts.final.messages + facts.final.dead_letters
    return {row.item for row in rows if row.queue == queue}


def _unexplained_effects(facts: Facts, queue: str) -> Iterator[str]:
    """Look for more effects than there were deliveries."""
    counts = Counter(e.item for e in facts.final.effects if e.kind == queue)
    highest = {
        delivery.item: delivery.token
        for deliveries in facts.messages.deliveries.values()
        for delivery in deliveries
    }
    for item, count in counts.items():
        if count > highest.get(item, 0):
            known = highest.get(item, 0)
            yield f"{item} of {queue} took effect {count} times in {known} deliveries"


def _place(sample: Operation, name: str) -> int:
    place = sample.result["places"].get(name)
    return -1 if place is None else int(place)


def _head(facts: Facts, row: CheckpointRow) -> int:
    if "*" in row.source:
        return facts.final.last_position or 0
    events = facts.log.streams.get(row.source)
    return events[-1].offset if events else -1
