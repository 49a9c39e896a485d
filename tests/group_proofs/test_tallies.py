"""What partitions of a subscription make of events is what the log says."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eventstreaming import EventData, append
from eventstreaming.models import Checkpoint, Event, ParkedEvent, Subscription
from eventstreaming.operations.parked_events import (
    parked_events,
    replay_parked_events,
)
from tests.group_proofs.worker import folded
from tests.queue_proofs.processes import (
    FULL,
    SEED,
    SIZE_FACTOR,
    consumers,
    wait_while,
)
from tests.workerapp.models import Effect, Tally

pytestmark = pytest.mark.django_db(transaction=True)

MODULE = "tests.group_proofs.worker"
EVENTS, KEYS, WORKERS, KILLS = (
    (int(100_000 * SIZE_FACTOR), 1_000, 3, 50) if FULL else (1_000, 60, 2, 2)
)
SECONDS = 1_800.0 if FULL else 60.0


class Log:
    """What was appended, by key."""

    def __init__(self, poisoned_keys: int = 0, poison: int = 0) -> None:
        self.count = 0
        self.poisoned: dict[str, list[int]] = {}
        self._poisoned_keys = poisoned_keys
        self._poison = poison
        self.numbers: dict[str, list[int]] = {}
        self._chance = random.Random(SEED)

    def append(self, count: int) -> None:
        """Append so many events with random keys to ten streams."""
        for _ in range(0, count, 1_000):
            events = []
            for _ in range(min(count, 1_000)):
                key = f"key-{self._chance.randrange(KEYS)}"
                self.numbers.setdefault(key, []).append(self.count)
                data: dict[str, Any] = {"number": self.count}
                if self._poison and self._is_poison(key):
                    data["poison"] = True
                    self.poisoned.setdefault(key, []).append(self.count)
                    self._poison -= 1
                events.append(EventData("Counted", data, key=key))
                self.count += 1
            # The order of a key is that of the store: all lie in streams of one log.
            append(f"tally-{self._chance.randrange(10)}", events)

    def _is_poison(self, key: str) -> bool:
        number = int(key.removeprefix("key-"))
        return number < self._poisoned_keys and self._chance.random() < 0.2


def handled() -> int:
    return sum(Checkpoint.objects.values_list("handled", flat=True))


def assert_tallies(log: Log) -> None:
    """Compare with the fold of what was appended, which a lost event changes."""
    assert handled() == log.count
    assert Event.objects.count() == log.count
    assert tallies() == {key: folded(numbers) for key, numbers in log.numbers.items()}


def tallies() -> dict[str, tuple[int, int]]:
    rows = Tally.objects.values_list("key", "count", "chain")
    return {key: (count, chain) for key, count, chain in rows}


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


@pytest.mark.skipif(not FULL, reason="tests.processing.test_resizing is the small one")
def test_partitions_change_under_load(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    log = Log()
    with consumers("tally-4", tmp_path, MODULE) as workers:
        workers.start(WORKERS)
        for partitions in (6, 3):
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


def test_poison_holds_its_keys_only_and_replay_finishes_them(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    log = Log(poisoned_keys=20 if FULL else 3, poison=200 if FULL else 9)
    log.append(EVENTS)
    with consumers("tally-8", tmp_path, MODULE) as workers:
        workers.start(WORKERS)
        wait_while(lambda: handled() + waiting() < EVENTS, SECONDS, "events are left")
        wait_while(lambda: undecided() > 0, SECONDS, "keys are tried again")
        found = tallies()
        for key, numbers in log.numbers.items():
            if key not in log.poisoned:
                assert found[key] == folded(numbers), key
            elif numbers[0] != (first := min(log.poisoned[key])):
                before = numbers[: numbers.index(first)]
                assert found[key] == folded(before), key
        kept, held = waiting(), len(log.poisoned)
        assert {row.key for row in parked_events("tally", failed=True)} == {
            *log.poisoned
        }
        workers.kill_one()
        Effect.objects.create(kind="healed", number=1)
        log.append(EVENTS // 10)
        replayed = replay_parked_events("tally")
        log.append(EVENTS // 10)
        workers.kill_one()
        wait_while(lambda: handled() < log.count, SECONDS, "events are left")
    assert_tallies(log)
    assert len(replayed) == held
    assert waiting() == 0
    say(
        f"{log.count:,} events, {sum(map(len, log.poisoned.values()))} of "
        f"{len(replayed)} keys poison: {kept:,} were parked, then finished in order"
    )


def waiting() -> int:
    return ParkedEvent.objects.count()


def undecided() -> int:
    return ParkedEvent.objects.filter(state=ParkedEvent.State.READY).count()


def work_a_while(log: Log) -> None:
    """Append, and wait until some of it is handled, not all."""
    log.append(EVENTS // 10)
    wanted = log.count - EVENTS // 20
    wait_while(lambda: handled() < wanted, SECONDS, "nothing moves")


def partitions_now() -> int:
    return Subscription.objects.get().partitions
