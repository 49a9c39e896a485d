"""A projection whose workers and rebuilds are killed is what the log says."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections

from eventstreaming.models import Checkpoint
from tests.group_proofs.test_tallies import EVENTS, KILLS, SECONDS, WORKERS, Log
from tests.group_proofs.worker import MODULUS, folded
from tests.processes.workers import ROOT, database_url
from tests.queue_proofs.processes import consumers, wait_while
from tests.workerapp.models import Tally

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = ["rebuildprojection", "tally", "--beside", "--processes", "2"]


def test_it_is_the_fold_of_the_log_whoever_is_killed(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    log = Log()
    log.append(EVENTS)
    began = time.monotonic()
    with consumers("projection-8", tmp_path, "tests.group_proofs.worker") as workers:
        workers.start(WORKERS)
        for kill in range(KILLS):
            done = EVENTS * (kill + 1) // (KILLS + 2)
            wait_while(lambda done=done: handled() < done, SECONDS, "nothing moves")
            workers.kill_one()
        wait_while(lambda: handled() < EVENTS, SECONDS, "events are left")
        assert tallies() == fold(log)
        kept = time.monotonic() - began
        # The model is wrong in a way that only a rebuild corrects, and readers see.
        Tally.objects.create(key="stray", chain=1)
        began = time.monotonic()
        with reader(log) as looks:
            log.append(EVENTS // 10)
            rebuild(kills=max(1, KILLS // 10))
            log.append(EVENTS // 10)
            wait_while(lambda: handled() < log.count, SECONDS, "events are left")
    assert tallies() == fold(log)
    assert looks == sorted(looks)
    assert len(looks) > 10
    say(
        f"{EVENTS:,} events over 8 partitions in {kept:.0f} s, {KILLS} kills; rebuilt "
        f"beside, with kills, in {time.monotonic() - began:.0f} s; {len(looks):,} looks"
    )


def rebuild(kills: int) -> None:
    """Kill the rebuild again and again, then let it finish."""
    for kill in range(kills + 1):
        process = subprocess.Popen(
            [
                *[sys.executable, "-m", "tests.group_proofs.rebuilder", *COMMAND],
                *(["--resume"] if kill else []),
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database_url()},
        )
        if kill < kills:
            before = built()
            wait_while(lambda before=before: built() <= before, SECONDS, "not built")
            process.kill()
        code = process.wait(SECONDS)
        assert kill < kills or code == 0
    assert not Tally.objects.filter(key="stray").exists()


@contextmanager
def reader(log: Log) -> Iterator[list[int]]:
    """Read all the time: no row is missing, and each is what its events made."""
    looks: list[int] = []
    done = threading.Event()
    chains: dict[str, list[int]] = {}

    def look() -> None:
        try:
            while not done.is_set():
                found = tallies()
                for key, (count, chain) in found.items():
                    if key != "stray":
                        assert chain_of(chains, log, key, count) == chain, key
                looks.append(
                    sum(count for count, _ in found.values())
                    - len(found.keys() & {"stray"})
                )
                time.sleep(0.02)
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        looking = pool.submit(look)
        try:
            yield looks
        finally:
            done.set()
        looking.result()


def chain_of(chains: dict[str, list[int]], log: Log, key: str, count: int) -> int:
    """Return what the first events of a key make."""
    known = chains.setdefault(key, [0])
    for number in log.numbers[key][len(known) - 1 : count]:
        known.append((known[-1] * 31 + number + 1) % MODULUS)
    return known[count]


def handled() -> int:
    rows = Checkpoint.objects.filter(subscription__name="tally")
    return sum(rows.values_list("handled", flat=True))


def built() -> int:
    rows = Checkpoint.objects.filter(subscription__name="tally~rebuild")
    return sum(rows.values_list("handled", flat=True))


def tallies() -> dict[str, tuple[int, int]]:
    rows = Tally.objects.values_list("key", "count", "chain")
    return {key: (count, chain) for key, count, chain in rows}


def fold(log: Log) -> dict[str, tuple[int, int]]:
    return {key: folded(numbers) for key, numbers in log.numbers.items()}
