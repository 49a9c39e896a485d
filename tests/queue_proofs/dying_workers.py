"""
Worker processes that are killed at random and replaced, for so many seconds.

    python -m tests.queue_proofs.dying_workers WORKERS SECONDS SEED

They are forks of one process that has imported everything, so that many more of
them live and die than could be started. It says how many were killed; the last
ones live until its input ends.
"""

import os
import random
import signal
import sys
import time

import django

django.setup()

from eventstreaming.processing.worker import Worker  # noqa: E402


def start_worker() -> int:
    """Fork a worker that drains on SIGTERM; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        worker = Worker(["work.plain"], threads=1)
        signal.signal(signal.SIGTERM, lambda *received: worker.stop())
        code = 0 if worker.run() else 1
    finally:
        os._exit(code)


def kill_at_random(workers: list[int], seconds: float, chance: random.Random) -> int:
    """Kill one after another, replace each; return how many."""
    kills = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(chance.random() * 0.3)
        victim = workers.pop(chance.randrange(len(workers)))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        workers.append(start_worker())
        kills += 1
    return kills


def main(count: int, seconds: float, seed: int) -> int:
    """Let some live and die; return the worst exit code of those that are left."""
    workers = [start_worker() for _ in range(count)]
    sys.stdout.write(f"{kill_at_random(workers, seconds, random.Random(seed))}\n")
    sys.stdout.flush()
    sys.stdin.read()
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    return max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
