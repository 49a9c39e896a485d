"""Workers that are killed at random fire each run of a schedule exactly once."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from eventstreaming.models import Message, Schedule
from tests.processes.workers import ROOT, database_url, wait_until
from tests.queue_proofs.processes import FULL, SEED, SIZE_FACTOR

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, SCHEDULES, MISSED = 4, 8, 150
SECONDS = 120 * SIZE_FACTOR if FULL else 3.0


def test_every_tick_of_every_schedule_is_enqueued_exactly_once(
    say: Callable[[str], None],
) -> None:
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=MISSED)
    for number in range(SCHEDULES):
        Schedule.objects.create(
            name=f"tick-{number}",
            queue=f"ticks-{number}",
            every=1,
            catch_up=1_000,
            next_at=begun,
        )
    arguments = [str(WORKERS), str(SECONDS), str(SEED)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.queue_proofs.dying_workers", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        kills, total = int(process.stdout.readline()), 0
        last = datetime.now(UTC)
        due = Schedule.objects.filter(next_at__lte=last)
        wait_until(lambda: not due.exists(), "all that was due is fired")
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert kills > SECONDS
    for row in Schedule.objects.all():
        headers = Message.objects.filter(queue=row.queue).values_list("headers")
        fired = Counter(datetime.fromisoformat(h["scheduled_at"]) for (h,) in headers)
        assert row.last_at is not None
        expected = int((row.last_at - begun).total_seconds()) + 1
        assert expected > MISSED + SECONDS
        assert fired == Counter(begun + timedelta(seconds=n) for n in range(expected))
        assert row.runs == expected
        total += expected
    say(f"{total:,} ticks of {SCHEDULES} schedules, {WORKERS} workers, {kills} kills")
