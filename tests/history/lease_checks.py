"""Checks of leases: Q4, Q5, Q6, Q12. Only the database's clock counts."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from tests.history.facts import Facts
from tests.history.invariants import invariant
from tests.history.messages import Answer, Delivery, Messages, first_end

ROUNDING = 2  # microseconds


@invariant("Q4", "a lease has one holder")
def leases_are_exclusive(facts: Facts) -> Iterator[str]:
    """Look for a lease that began before the one before it had ended."""
    for number, deliveries in facts.messages.deliveries.items():
        answers = facts.messages.answers.get(number, [])
        for delivery in deliveries:
            yield from _shorter_than_asked(delivery)
        for first, second in pairwise(deliveries):
            if not first.leased or first.token == second.token:
                continue
            held_until = _held_until(first, answers)
            if second.claimed + ROUNDING >= held_until:
                continue
            if not any(_gives_up(answer, first, second) for answer in answers):
                early = (held_until - second.claimed) / 1_000_000
                yield f"{second} began {early:.6f} s before {first} had ended"


@invariant("Q5", "a message's tokens only grow")
def tokens_grow(facts: Facts) -> Iterator[str]:
    """Look for a token that came twice, or after a higher one."""
    for deliveries in facts.messages.deliveries.values():
        for first, second in pairwise(deliveries):
            if first.token == second.token:
                yield f"{first} and {second} have one token"
        latest: Delivery | None = None  # to begin, among the lower tokens
        for delivery in deliveries:
            if latest and delivery.operation.ended < latest.operation.began:
                yield f"{delivery} had ended when {latest} began"
            if latest is None or delivery.operation.began > latest.operation.began:
                latest = delivery


@invariant("Q6", "only the last holder is listened to")
def answers_are_fenced(facts: Facts) -> Iterator[str]:
    """
    Look for accepted answers of former holders, and refused ones of the last.

    A lease that has expired and went to nobody is still good, so only a later
    delivery counts, not the time.
    """
    messages = facts.messages
    for number, answers in messages.answers.items():
        deliveries = messages.deliveries.get(number, [])
        # For each token, when the first delivery with a higher one was known.
        known = dict(
            zip((d.token for d in deliveries), first_end(deliveries), strict=True)
        )
        for answer in answers:
            if answer.token is None or answer.kind == "bury":
                continue
            if answer.accepted and known.get(answer.token, inf) < _began(answer):
                yield f"{answer} was accepted after a later delivery"
            elif _lost(answer) and not _explained(messages, answer, answers):
                reason = answer.operation.result.get("reason", "lost")
                yield f"{answer} was refused ({reason}), and nothing explains it"


@invariant("Q12", "a batch has what was asked for")
def batches_fit(facts: Facts) -> Iterator[str]:
    """Look for batches with too many messages, or one twice."""
    for operation in facts.history.named("dequeue"):
        numbers = [d["id"] for d in operation.result.get("deliveries", [])]
        if len(numbers) > operation.arguments["limit"]:
            limit = operation.arguments["limit"]
            yield f"{operation} asked for {limit} and got {len(numbers)}"
        if len(set(numbers)) < len(numbers):
            yield f"{operation} got a message twice"


def _shorter_than_asked(delivery: Delivery) -> Iterator[str]:
    asked_at = delivery.operation.arguments.get("asked_at")
    if asked_at is not None and delivery.claimed + ROUNDING < asked_at:
        missing = (asked_at - delivery.claimed) / 1_000_000
        yield f"the lease of {delivery} is {missing:.6f} s shorter than asked for"


def _held_until(delivery: Delivery, answers: list[Answer]) -> int:
    """
    Return the end of a lease, extensions included.

    Where an extension's effect or its time is unknown, it may have shortened
    the lease to its own timeout.
    """
    until, last_extended = delivery.until, 0
    shortest: float = inf
    for answer in answers:
        if answer.kind != "extend" or answer.token != delivery.token:
            continue
        timeout = round(answer.operation.arguments["timeout"] * 1_000_000)
        told = answer.operation.result.get("until")
        if answer.happened and told is not None:
            if told - timeout >= last_extended:
                until, last_extended = told, told - timeout
        elif answer.happened is not False:
            shortest = min(shortest, delivery.claimed + timeout)
    return int(min(until, shortest))


def _gives_up(answer: Answer, first: Delivery, second: Delivery) -> bool:
    """Say whether an answer may have ended the first lease for the second one."""
    return (
        answer.kind != "extend"
        and answer.token in (first.token, None)
        and answer.happened is not False
        and _began(answer) < second.operation.ended
    )


def _began(answer: Answer) -> float:
    return answer.operation.began


def _lost(answer: Answer) -> bool:
    """Say whether the store called the lease lost, rather than failing."""
    result = answer.operation.result
    return result.get("error") == "LeaseLost" or (
        answer.accepted is False and answer.operation.outcome == "ok"
    )


def _explained(messages: Messages, answer: Answer, answers: list[Answer]) -> bool:
    """Look for what took the lease away before the refusal came."""
    assert answer.token is not None
    until = answer.operation.ended
    queue = messages.queue_of(answer)
    deliveries = [
        delivery
        for delivery in messages.deliveries.get(answer.id, [])
        if delivery.token > answer.token and delivery.operation.began < until
    ]
    others = [
        other
        for other in answers
        if other is not answer
        and other.kind != "extend"
        and other.happened is not False
        and _began(other) < until
    ]
    causes = {
        "taken": bool(deliveries) or messages.lost_dequeues.get(queue, inf) < until,
        "gone": any(
            other.ends or (other.kind == "nack" and other.happened is None)
            for other in others
        )
        or any(not delivery.leased for delivery in deliveries)
        or messages.taken_away(queue, until),
        "released": any(
            other.token in (answer.token, None) and not other.removes
            for other in others
        ),
    }
    reason = answer.operation.result.get("reason")
    return any(causes.values()) if reason is None else causes[reason]
