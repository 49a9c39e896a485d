"""
A worker in a process of its own: `python -m tests.group_proofs.worker`.

Its kind is what it runs and with how many partitions: `tally-8`.
"""

import os
import signal
import sys

import django
from django.apps import apps
from django.db.models import F

from eventstreaming import StoredEvent, subscription

MODULUS = 2**55 - 55


def main() -> None:
    kind, partitions = sys.argv[1].split("-")
    django.setup()
    KINDS[kind](int(partitions))
    run()


def run() -> None:
    """Work until SIGTERM."""
    # Its modules declare models, so Django has to be set up.
    from eventstreaming.processing.worker import Worker  # noqa: PLC0415

    worker = Worker(["tally"], threads=4)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    sys.exit(0 if worker.run() else 1)


def tally(partitions: int) -> None:
    """Fold the events of each key into one row."""
    tallies = apps.get_model("workerapp", "Tally").objects

    @subscription("tally-*", name="tally", partitions=partitions, max_attempts=2)
    def fold(event: StoredEvent) -> None:
        number = event.data["number"]
        if event.data.get("poison") and not healed():
            raise ValueError(f"number {number} is poison")
        added = tallies.filter(key=event.key).update(
            count=F("count") + 1,
            chain=(F("chain") * 31 + number + 1) % MODULUS,
            process=os.getpid(),
        )
        if not added:
            tallies.create(key=event.key, chain=number + 1, process=os.getpid())


def projection(partitions: int) -> None:
    """Fold the events of each key into one row, a batch with two statements."""
    # Its base declares models, so Django has to be set up.
    from tests.projections.tallying import TallyingInBulk  # noqa: PLC0415

    attributes = {"name": "tally", "partitions": partitions}
    type("TallyProjection", (TallyingInBulk,), attributes)


def healed() -> bool:
    """Say whether what was wrong with the handler has been corrected."""
    return bool(apps.get_model("workerapp", "Effect").objects.exists())


def folded(numbers: list[int]) -> tuple[int, int]:
    """Return the count and chain that the events of a key make, in their order."""
    chain = 0
    for number in numbers:
        chain = (chain * 31 + number + 1) % MODULUS
    return len(numbers), chain


KINDS = {"tally": tally, "projection": projection}

if __name__ == "__main__":
    main()
