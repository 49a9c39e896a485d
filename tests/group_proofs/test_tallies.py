"""What partitions of a subscription make of events is what the log says."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstreaming import EventData, append
from eventstreaming.models import Checkpoint, Event, Subscription
from tests.group_proofs.worker import folded
from tests.queue_proofs.processes import FULL, SEED, consumers, wait_while
from tests.workerapp.models import Tally

pytestmark = pytest.mark.django_db(transaction=True)

MODULE = "tests.group_proofs.worker"
EVENTS, KEYS, WORKERS, KILLS = (100_000, 1_000, 3, 50) if FULL else (1_000, 60, 2, 2)
SECONDS = 600.0 if FULL else 60.0


class Log:
    """What was appended, by key."""

    def __init__(self) -> None:
        self.count = 0
        self.numbers: dict[str, list[int]] = {}
        self._chance = random.Random(SEED)

    def append(self, count: int) -> None:
        """Append so many events with random keys to ten streams."""
        for _ in range(0, count, 1_000):
            events = []
            for _ in range(min(count, 1_000)):
                key = f"key-{self._chance.randrange(KEYS)}"
                self.numbers.setdefault(key, []).append(self.count)
                events.append(EventData("Counted", {"number": self.count}, key=key))
                self.count += 1
            # The order of a key is that of the store: all lie in streams of one log.
            append(f"tally-{self._chance.randrange(10)}", events)


def handled() -> int:
    return sum(Checkpoint.objects.values_list("handled", flat=True))


def assert_tallies(log: Log) -> None:
    """Compare with the fold of what was appended, which a lost event changes."""
    assert handled() == log.count
    assert Event.objects.count() == log.count
    rows = Tally.objects.values_list("key", "count", "chain")
    found = {key: (count, chain) for key, count, chain in rows}
    assert found == {key: folded(numbers) for key, numbers in log.numbers.items()}


def test_each_event_once_and_each_key_in_order_whoever_is_killed(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    log = Log()
    log.append(EVENTS)
    began = time.monotonic()
    with consumers("tally-8", tmp_path, MODULE) as workers:
        workers.start(WORKERS)
        for kill in range(KILLS):
            done = EVENTS * (kill + 1) // (KILLS + 2)
            wait_while(lambda done=done: handled() < done, SECONDS, "nothing moves")
            workers.kill_one()
        wait_while(lambda: handled() < EVENTS, SECONDS, "events are left")
        assert workers.kills == KILLS
    seconds = time.monotonic() - began
    assert_tallies(log)
    processes = Tally.objects.values_list("process", flat=True)
    say(
        f"{EVENTS:,} events over 8 partitions in {seconds:.0f} s, {KILLS} kills, "
        f"by {len(set(processes))} processes at least"
    )


def test_partitions_change_under_load(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    log = Log()
    with consumers("tally-4", tmp_path, MODULE) as workers:
        workers.start(WORKERS)
        for partitions in (6, 3) if FULL else (6,):
            work_a_while(log)
            workers.kind = f"tally-{partitions}"
            for _ in range(WORKERS):
                workers.replace_oldest()
                work_a_while(log)
            wait_while(
                lambda wanted=partitions: partitions_now() != wanted,
                SECONDS,
                "the number stays",
            )
            assert Checkpoint.objects.count() == partitions
        work_a_while(log)
        wait_while(lambda: handled() < log.count, SECONDS, "events are left")
    assert_tallies(log)
    say(f"{log.count:,} events while 4 partitions became 6, then 3")


def work_a_while(log: Log) -> None:
    """Append, and wait until some of it is handled, not all."""
    log.append(EVENTS // 10)
    wanted = log.count - EVENTS // 20
    wait_while(lambda: handled() < wanted, SECONDS, "nothing moves")


def partitions_now() -> int:
    return Subscription.objects.get().partitions
