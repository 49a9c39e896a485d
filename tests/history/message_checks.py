"""Checks of what happens to each message: Q1, Q2, Q3, Q7, Q8, Q13."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.history.facts import Facts
from tests.history.invariants import invariant
from tests.history.messages import Answer, Enqueued, Messages


@invariant("Q1", "no message is lost")
def nothing_is_lost(facts: Facts) -> Iterator[str]:
    """Look for each message in the tables, or for what removed it."""
    messages = facts.messages
    # A pop that was cut off may have taken one message that nobody saw.
    unseen = Counter(
        operation.arguments["queue"]
        for operation in facts.history.named("pop")
        if operation.outcome == "info"
    )
    effects = {(effect.kind, effect.item) for effect in facts.final.effects}
    expected = {*facts.final.at_least_once, *facts.final.exactly_once}
    for entry in all_enqueued(messages):
        if entry.fate.outcome != "ok" or entry.id is None:
            continue
        if entry.id in messages.dead:
            continue
        if entry.id in messages.living:
            if facts.final.drained:
                yield f"{entry.item} is still in {entry.queue} after the drain"
        elif _removed(facts, entry):
            handled = (entry.queue, entry.item) in effects
            if entry.queue in expected and not handled and not _purged(facts, entry):
                yield f"{entry.item} is gone from {entry.queue} and left no effect"
        elif unseen[entry.queue] > 0:
            unseen[entry.queue] -= 1
        else:
            yield (
                f"{entry.item} ({entry.operation}) is neither stored nor "
                f"acknowledged; {_story(messages, entry.id)}"
            )


@invariant("Q2", "no message comes from nowhere")
def nothing_comes_from_nowhere(facts: Facts) -> Iterator[str]:
    """Look for the enqueueing of everything that was delivered or stored."""
    messages = facts.messages
    for item, seen in messages.seen.items():
        entries = messages.enqueued.get(item, [])
        told = {e.id for e in entries if e.fate.outcome == "ok" and e.id is not None}
        numbers = seen | told
        if not entries:
            yield f"{item} (id {min(numbers)}) was never enqueued"
        elif all(entry.fate.outcome == "fail" for entry in entries):
            yield f"{item} was delivered or stored, but {entries[0].operation} failed"
        elif len(numbers) > len(entries):
            yield f"{item} was enqueued once and has the ids {sorted(numbers)}"


@invariant("Q3", "a message is delivered as it was enqueued")
def content_is_kept(facts: Facts) -> Iterator[str]:
    """Compare the hashes of content, headers and type."""
    messages = facts.messages
    digests = {
        item: {entry.digest for entry in entries}
        for item, entries in messages.enqueued.items()
    }
    for deliveries in messages.deliveries.values():
        for delivery in deliveries:
            if delivery.digest not in digests.get(delivery.item, {delivery.digest}):
                yield f"{delivery.item} was changed: {delivery}"
    for row in facts.final.messages + facts.final.dead_letters:
        if row.digest not in digests.get(row.item, {row.digest}):
            yield f"{row.item} was changed in the table, id {row.id}"


@invariant("Q7", "a message ends once")
def ends_once(facts: Facts) -> Iterator[str]:
    """Look for two ends of one message without a redrive between them."""
    for number, answers in facts.messages.answers.items():
        ends = [a for a in answers if a.ends and a.happened]
        ends.sort(key=lambda a: (a.operation.began, a.fate.ended))
        for first, second in pairwise(ends):
            if first.removes or not _redriven(
                facts.messages, first, before=second.operation.ended
            ):
                yield f"message {number} ended twice: {first}, then {second}"


@invariant("Q8", "what has ended does not come back")
def nothing_comes_back(facts: Facts) -> Iterator[str]:
    """Look for a delivery that was asked for after the message had ended."""
    messages = facts.messages
    for number, answers in messages.answers.items():
        deliveries = messages.deliveries.get(number, [])
        for answer in answers:
            if not (answer.ends and answer.happened):
                continue
            for delivery in deliveries:
                if delivery.operation.began <= answer.fate.ended:
                    continue
                if answer.removes or not _redriven(
                    messages, answer, before=delivery.operation.ended
                ):
                    yield f"{delivery} came after {answer}"


@invariant("Q13", "a transaction's writes are there together, or none is")
def transactions_are_whole(facts: Facts) -> Iterator[str]:
    """Compare the callers' rows with the events and messages beside them."""
    messages, rows = facts.messages, set(facts.final.rows)
    purged = {
        operation.arguments["queue"] for operation in facts.history.named("purge")
    }
    there = messages.seen.keys() | {
        entry.item for entry in all_enqueued(messages) if entry.queue in purged
    }
    for operation in facts.history.named("block"):
        item = operation.arguments.get("writes")
        if item is None:
            continue
        places = {
            "row": item in rows,
            "message": item in there,
            "event": item in facts.log.items,
        }
        if len(set(places.values())) > 1:
            found = ", ".join(name for name, is_there in places.items() if is_there)
            yield f"{operation} wrote only {found} of {item}"
    for operation in facts.history.named("enqueue"):
        items = [item for item, _ in operation.arguments["contents"]]
        count = sum(item in there for item in items)
        if 0 < count < len(items):
            yield f"{operation} left {count} of {len(items)} messages"


def all_enqueued(messages: Messages) -> Iterator[Enqueued]:
    """Iterate over the messages as they were handed over."""
    for entries in messages.enqueued.values():
        yield from entries


def _removed(facts: Facts, entry: Enqueued) -> bool:
    """Say whether something may have removed the message, or buried it."""
    assert entry.id is not None
    answers = facts.messages.answers.get(entry.id, [])
    if any(a.ends and a.happened is not False for a in answers):
        return True
    popped = any(
        not delivery.leased and facts.history.fate(delivery.operation).outcome != "fail"
        for delivery in facts.messages.deliveries.get(entry.id, [])
    )
    return popped or entry.operation.arguments["expires"] or _purged(facts, entry)


def _purged(facts: Facts, entry: Enqueued) -> bool:
    return any(
        operation.arguments["queue"] == entry.queue
        and facts.history.fate(operation).outcome != "fail"
        and operation.ended > entry.operation.began
        for operation in facts.history.named("purge")
    )


def _redriven(messages: Messages, end: Answer, *, before: float) -> bool:
    """Say whether a dead letter may have been sent back before some time."""
    return any(
        redrive.ended >= end.operation.began and redrive.began <= before
        for redrive in messages.redrives(messages.queue_of(end), end.id)
    )


def _story(messages: Messages, number: int) -> str:
    deliveries = messages.deliveries.get(number)
    return f"last seen: {deliveries[-1]}" if deliveries else "it was never delivered"
