"""A worker does not grow with the number of messages that it has handled."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstreaming import enqueue_many
from eventstreaming.models import Message
from tests.processes.workers import WorkerProcess
from tests.queue_proofs.processes import FULL, wait_while

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = os.sysconf("SC_PAGE_SIZE")
MESSAGES = int(os.environ.get("MESSAGES_OF_PROOF", "300000" if FULL else "6000"))
WARM_UP = max(2_000, MESSAGES // 10)
AT_ONCE = 10_000  # in the queue
QUEUES = ("work.nothing", "work.nothing-async")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_of_a_worker_stays(say: Callable[[str], None]) -> None:
    began = time.monotonic()
    with WorkerProcess(*QUEUES) as worker:
        feed(WARM_UP)
        before = resident(worker.pid)
        feed(MESSAGES - WARM_UP)
        after = resident(worker.pid)
        code, log = worker.stop()
    assert code == 0, log
    growth = after / before - 1
    say(
        f"{MESSAGES} messages in {time.monotonic() - began:.0f} s: "
        f"{before / 2**20:.1f} MiB after {WARM_UP}, {growth:+.1%} at the end"
    )
    assert growth <= 0.05, log[-2_000:]


def feed(count: int) -> None:
    """Enqueue messages, a part at a time, and wait until they are handled."""
    while count > 0:
        part = min(count, AT_ONCE)
        for queue in QUEUES:
            enqueue_many(queue, [{"number": n} for n in range(part // len(QUEUES))])
        wait_while(lambda: Message.objects.exists(), 120, "messages are left")
        count -= part


def resident(pid: int) -> int:
    """Return the bytes of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
