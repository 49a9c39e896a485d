"""A projection that folds the events of each key into a row, and its log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import F

from eventstreaming import EventData, StoredEvent, append
from eventstreaming.processing.leased import runner_of
from eventstreaming.processing.registry import handlers
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.projections import Projection, handles
from tests.group_proofs.worker import MODULUS, folded
from tests.processing.groups import work_off
from tests.workerapp.models import Tally

NAME = "tallies"


class Tallying(Projection):
    """A base: it has no name, so nobody runs it."""

    source = "tally-*"
    models = (Tally,)
    partitions = 4
    max_attempts = 1
    batch_size = 50
    broken: set[int] = set()
    sent: list[int] = []

    @handles("Counted")
    def fold(self, event: StoredEvent) -> None:
        number = event.data["number"]
        if number in self.broken:
            raise ValueError(f"number {number} is broken")
        if not Tally.objects.filter(key=event.key).update(
            count=F("count") + 1, chain=(F("chain") * 31 + number + 1) % MODULUS
        ):
            Tally.objects.create(key=event.key, chain=number + 1)
        self.after_commit(lambda: self.sent.append(number))


class TallyingInBulk(Tallying):
    """The same with two statements for a batch."""

    batches: list[int] = []

    def project(self, events: Sequence[StoredEvent]) -> None:
        self.batches.append(len(events))
        rows = Tally.objects.in_bulk({str(event.key) for event in events})
        for event in events:
            number = event.data["number"]
            if number in self.broken:
                raise ValueError(f"number {number} is broken")
            row = rows.setdefault(event.key, Tally(key=event.key, count=0, chain=0))
            row.count += 1
            row.chain = (row.chain * 31 + number + 1) % MODULUS
        Tally.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            update_fields=["count", "chain"],
            unique_fields=["key"],
        )


@contextmanager
def tallying(base: type[Tallying] = Tallying, **attributes: Any) -> Iterator[type[Any]]:
    """Declare the projection for the length of a block."""
    fresh = {"name": NAME, "broken": set(), "sent": [], "batches": [], **attributes}
    declared = type("Declared", (base,), fresh)
    try:
        yield declared
    finally:
        del handlers.subscriptions[NAME]


def worker() -> SubscriptionRunner:
    """Return a runner as a worker has it."""
    runner = runner_of(handlers.subscriptions[NAME])
    runner.prepare()
    return runner


def work() -> None:
    """Do what a worker does until there is nothing left."""
    work_off(worker())


class Log:
    """What was appended, by key."""

    def __init__(self, keys: int = 20) -> None:
        self.count = 0
        self.numbers: dict[str, list[int]] = {}
        self._keys = keys

    def append(self, count: int) -> list[StoredEvent]:
        """Append so many events to three streams; return the last ones."""
        found: list[StoredEvent] = []
        for start in range(0, count, 500):
            events = []
            for _ in range(min(500, count - start)):
                key = f"{self.count * 7 % self._keys}-key"
                self.numbers.setdefault(key, []).append(self.count)
                events.append(EventData("Counted", {"number": self.count}, key=key))
                self.count += 1
            found = append(f"tally-{self.count % 3}", events)
        return found

    def fold(self, *without: str) -> dict[str, tuple[int, int]]:
        """Return the rows that all of it makes."""
        return {
            key: folded(numbers)
            for key, numbers in self.numbers.items()
            if key not in without
        }


def rows() -> dict[str, tuple[int, int]]:
    """Return what is served."""
    found = Tally.objects.values_list("key", "count", "chain")
    return {key: (count, chain) for key, count, chain in found}
