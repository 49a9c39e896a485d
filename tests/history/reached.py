"""How often a run came to the states that it is made for."""

from collections import Counter

from tests.history.facts import Facts

Floors = dict[str, int]


def reached(facts: Facts) -> Counter[str]:
    """Count operations by outcome, and the states that are worth checking."""
    counts: Counter[str] = Counter()
    outcome: str
    for operation in facts.history.operations:
        outcome = facts.history.fate(operation).outcome
        if operation.arguments.get("loose") and operation.outcome == "ok":
            outcome = "in a transaction"
        counts[f"{operation.name} {outcome}"] += 1
        if operation.result.get("error") == "WrongExpectedVersion":
            counts["version conflicts"] += 1
    for deliveries in facts.messages.deliveries.values():
        counts["deliveries"] += len(deliveries)
        counts["redeliveries"] += len(deliveries) - 1
    for answers in facts.messages.answers.values():
        for answer in answers:
            if answer.operation.result.get("error") == "LeaseLost":
                counts[f"refused as {answer.operation.result['reason']}"] += 1
            if answer.kills and answer.happened:
                counts["deaths"] += 1
            if answer.removes and answer.happened:
                counts["acknowledged"] += 1
    counts["events"] = len(facts.final.events)
    counts["events read"] = sum(len(read.events) for read in facts.log.reads)
    counts["effects"] = len(facts.final.effects)
    counts["dead letters"] = len(facts.final.dead_letters)
    return counts


def missed(counts: Counter[str], floors: Floors) -> list[str]:
    """Name what a run did not do often enough to prove anything."""
    return [
        f"{name}: {counts[name]}, and at least {floor} are needed"
        for name, floor in floors.items()
        if counts[name] < floor
    ]
