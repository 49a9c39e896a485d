"""Some connections of one process, each committing one message after another."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import django

from benchmarks.payloads import orders
from benchmarks.protocol import serve
from eventstreaming import enqueue


def main(store: str, number: str, connections: str) -> None:
    django.setup()
    (order,) = orders(1)
    queues = [f"commits-{number}-{each}" for each in range(int(connections))]

    def commit_to(queue: str, times: int) -> None:
        for _ in range(times):
            enqueue(queue, order, store=store)

    with ThreadPoolExecutor(len(queues)) as threads:

        def commit(times: int) -> None:
            for _ in threads.map(partial(commit_to, times=times), queues):
                pass

        serve({"commit": commit})


if __name__ == "__main__":
    main(*sys.argv[1:])
