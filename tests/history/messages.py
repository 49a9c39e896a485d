"""A history as messages: each one's enqueueing, deliveries and answers."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import inf

from tests.history.operations import Fate, History, Operation

Item = str | None


@dataclass(frozen=True, slots=True)
class Enqueued:
    """One message as it was handed over; its id is known if the call returned."""

    item: Item
    digest: str
    queue: str
    id: int | None
    fate: Fate
    operation: Operation


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One lease. Times of the database are in microseconds.

    `leased` is False for a pop, which takes the message without a lease.
    """

    id: int
    token: int
    deliveries: int
    attempts: int
    until: int
    timeout: float
    item: Item
    digest: str
    queue: str
    leased: bool
    operation: Operation

    @property
    def claimed(self) -> int:
        """Return when the database granted the lease."""
        return self.until - round(self.timeout * 1_000_000)

    def __str__(self) -> str:
        return f"delivery {self.id}/{self.token} by {self.operation}"


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a holder said about one message; `token` is None without a receipt.

    `accepted` is None when that is unknown, or when a store does not tell.
    """

    kind: str  # acknowledge, nack, extend, release, bury
    id: int
    token: int | None
    accepted: bool | None
    fate: Fate
    operation: Operation

    @property
    def removes(self) -> bool:
        """Say whether the message would be gone for good."""
        return self.kind == "acknowledge"

    @property
    def kills(self) -> bool:
        """Say whether the message went to the dead letters."""
        dies = self.kind == "nack" and self.operation.result.get("again") is False
        return dies or self.kind == "bury"

    @property
    def ends(self) -> bool:
        """Say whether the message would be no live message any more."""
        return self.removes or self.kills

    @property
    def happened(self) -> bool | None:
        """Say whether it took effect, its transaction included; None: unknown."""
        if self.accepted is False or self.fate.outcome == "fail":
            return False
        if self.accepted is None or self.fate.outcome == "info":
            return None
        return True

    def __str__(self) -> str:
        return f"{self.kind} {self.id}/{self.token} by {self.operation}"


class Messages:
    """The messages of a history, by item and by id."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.enqueued: dict[Item, list[Enqueued]] = defaultdict(list)
        self.deliveries: dict[int, list[Delivery]] = defaultdict(list)
        self.answers: dict[int, list[Answer]] = defaultdict(list)
        for operation in history.named("enqueue"):
            self._note_enqueued(operation)
        for operation in history.named("dequeue", "pop"):
            self._note_deliveries(operation)
        for operation in history.named(
            "acknowledge", "nack", "extend", "release", "bury"
        ):
            self._note_answers(operation)
        for operation in history.named("release_worker"):
            self._note_release_of_worker(operation)
        for deliveries in self.deliveries.values():
            deliveries.sort(key=lambda d: (d.token, d.operation.began))

    @cached_property
    def seen(self) -> dict[Item, set[int]]:
        """Return the items that were delivered or are stored, with their ids."""
        found: dict[Item, set[int]] = defaultdict(set)
        for number, deliveries in self.deliveries.items():
            for delivery in deliveries:
                found[delivery.item].add(number)
        for row in self.history.final.messages + self.history.final.dead_letters:
            found[row.item].add(row.id)
        return found

    @cached_property
    def living(self) -> set[int]:
        """Return the ids of the messages at the end."""
        return {row.id for row in self.history.final.messages}

    @cached_property
    def dead(self) -> set[int]:
        """Return the ids of the dead letters at the end."""
        return {row.id for row in self.history.final.dead_letters}

    @cached_property
    def lost_dequeues(self) -> dict[str, float]:
        """Return, by queue, when the first dequeue with no known result began."""
        first: dict[str, float] = {}
        for operation in self.history.named("dequeue", "pop"):
            if operation.outcome == "info":
                first.setdefault(operation.arguments["queue"], operation.began)
        return first

    def queue_of(self, answer: Answer) -> str:
        """Return the queue of an answered message, which not every step names."""
        queue = answer.operation.arguments.get("queue")
        if queue is None:
            deliveries = self.deliveries.get(answer.id)
            queue = deliveries[0].queue if deliveries else ""
        return str(queue)

    def taken_away(self, queue: str, before: float) -> bool:
        """Say whether messages may have gone that no delivery or answer names."""
        return any(
            operation.arguments["queue"] == queue
            and operation.began < before
            and (operation.name == "purge" or operation.outcome == "info")
            for operation in self.history.named("purge", "pop")
        )

    def redrives(self, queue: str, number: int) -> list[Operation]:
        """Return the redrives that may have sent a message back."""
        return self._redrives[queue, None] + self._redrives[queue, number]

    @cached_property
    def _redrives(self) -> dict[tuple[str, int | None], list[Operation]]:
        found: dict[tuple[str, int | None], list[Operation]] = defaultdict(list)
        for operation in self.history.named("redrive"):
            unused = operation.outcome == "ok" and operation.result["count"] == 0
            if operation.outcome == "fail" or unused:
                continue
            numbers = operation.arguments["ids"]
            for number in [None] if numbers is None else numbers:
                found[operation.arguments["queue"], number].append(operation)
        return found

    def _note_enqueued(self, operation: Operation) -> None:
        contents = operation.arguments["contents"]
        ids = operation.result.get("ids") or [None] * len(contents)
        fate = self.history.fate(operation)
        queue = operation.arguments["queue"]
        for (item, digest), number in zip(contents, ids, strict=True):
            entry = Enqueued(item, digest, queue, number, fate, operation)
            self.enqueued[item].append(entry)

    def _note_deliveries(self, operation: Operation) -> None:
        for values in operation.result.get("deliveries", []):
            delivery = Delivery(
                **values,
                timeout=operation.arguments.get("timeout", 0.0),
                queue=operation.arguments["queue"],
                leased=operation.name == "dequeue",
                operation=operation,
            )
            self.deliveries[delivery.id].append(delivery)

    def _note_answers(self, operation: Operation) -> None:
        fate = self.history.fate(operation)
        lost = operation.result.get("lost", [])
        for number, token in operation.arguments["messages"]:
            accepted: bool | None = number not in lost
            if operation.outcome == "fail":
                accepted = False
            elif operation.outcome == "info" or operation.name == "release":
                accepted = None
            self.answers[number].append(
                Answer(operation.name, number, token, accepted, fate, operation)
            )

    def _note_release_of_worker(self, operation: Operation) -> None:
        """Note what was given back for a dead process; it may have been all it had."""
        fate = self.history.fate(operation)
        leases = operation.result.get("messages", [])
        if operation.outcome == "info":
            _host, pid, _token = operation.arguments["worker"].split(":")
            leases = [
                (delivery.id, delivery.token)
                for deliveries in self.deliveries.values()
                for delivery in deliveries
                if delivery.operation.process.endswith(f".{pid}")
            ]
        for number, token in leases:
            self.answers[number].append(
                Answer("release", number, token, None, fate, operation)
            )


def first_end(deliveries: list[Delivery]) -> list[float]:
    """
    Return, for each delivery, when the first one after it was known.

    "After" is by token: the list is sorted by it.
    """
    first, known = [], inf
    for delivery in reversed(deliveries):
        first.append(known)
        known = min(known, delivery.operation.ended)
    return first[::-1]
