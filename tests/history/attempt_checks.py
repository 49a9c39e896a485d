"""
Check of the counters: Q9.

A delivery is counted at the claim, and an attempt at the failure: a crash is a
delivery, not an attempt. A release takes its delivery back, and a redrive
begins both at nothing.
"""

from collections.abc import Iterator
from itertools import pairwise

from eventstreaming.events.queue_settings import MAX_DELIVERIES
from tests.history.facts import Facts
from tests.history.invariants import invariant
from tests.history.messages import Answer, Delivery


@invariant("Q9", "deliveries and attempts are counted")
def counters_are_right(facts: Facts) -> Iterator[str]:
    """Compare the counters of consecutive deliveries with what lay between."""
    messages = facts.messages
    for number, deliveries in messages.deliveries.items():
        answers = messages.answers.get(number, [])
        if not messages.redrives(deliveries[0].queue, number):
            yield from _first(deliveries[0], answers)
        for first, second in pairwise(deliveries):
            yield from _following(facts, first, second, answers)
        for delivery in deliveries:
            if delivery.deliveries > MAX_DELIVERIES:
                yield f"{delivery} is number {delivery.deliveries}: too many"
    for number, answers in messages.answers.items():
        by_token = {d.token: d for d in messages.deliveries.get(number, [])}
        for answer in answers:
            if answer.kind == "nack" and answer.accepted:
                yield from _verdict(answer, by_token.get(answer.token or 0))
            if answer.kills and answer.happened and _forgotten(facts, answer):
                yield f"message {number} is no dead letter after {answer}"


def _first(delivery: Delivery, answers: list[Answer]) -> Iterator[str]:
    """Check the first known delivery: the ones before it were cut off."""
    yield from _compare(delivery, 0, 0, 0, answers)


def _following(
    facts: Facts, first: Delivery, second: Delivery, answers: list[Answer]
) -> Iterator[str]:
    if second.token <= first.token:
        return  # another check's business
    between = [
        redrive
        for redrive in facts.messages.redrives(first.queue, first.id)
        if redrive.ended >= first.operation.began
        and redrive.began <= second.operation.ended
    ]
    if not between:
        yield from _compare(
            second, first.token, first.deliveries, first.attempts, answers
        )
    elif not (
        1 <= second.deliveries <= first.deliveries + second.token - first.token
        and second.attempts <= first.attempts + second.token - first.token
    ):
        yield (
            f"{second} after a redrive says {second.deliveries} deliveries and "
            f"{second.attempts} attempts"
        )


def _compare(
    delivery: Delivery, token: int, counted: int, failed: int, answers: list[Answer]
) -> Iterator[str]:
    """Check a delivery's counters against those of a known earlier token."""
    between = [
        answer
        for answer in answers
        if (answer.token is None or token <= answer.token < delivery.token)
        and answer.happened is not False
        and answer.operation.began < delivery.operation.ended
    ]
    released = sum(answer.kind == "release" for answer in between)
    highest = counted + delivery.token - token
    if not highest - released <= delivery.deliveries <= highest:
        yield f"{delivery} says {delivery.deliveries} deliveries, not {highest}"
    nacks = [answer for answer in between if answer.kind == "nack"]
    fewest = failed + sum(answer.happened is True for answer in nacks)
    most = failed + len(nacks)
    if not fewest <= delivery.attempts <= most:
        yield f"{delivery} says {delivery.attempts} attempts, not {fewest}"


def _verdict(answer: Answer, delivery: Delivery | None) -> Iterator[str]:
    """Check that a message dies with its last attempt, and not before."""
    asked = answer.operation.arguments
    if delivery is None or asked["max_attempts"] is None:
        return
    attempts = delivery.attempts + 1
    dies = asked["dead_letter"] or attempts >= asked["max_attempts"]
    if answer.operation.result["again"] == dies:
        allowed = asked["max_attempts"]
        said = "goes on" if dies else "died"
        yield f"{answer}: attempt {attempts} of {allowed}, and the message {said}"


def _forgotten(facts: Facts, answer: Answer) -> bool:
    """Say whether a message that died is nowhere, though nobody redrove it."""
    messages = facts.messages
    if answer.id in messages.dead or answer.id in messages.living:
        return False
    return not messages.redrives(messages.queue_of(answer), answer.id)
