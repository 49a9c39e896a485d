"""One of the processes whose transactions go on after they have appended."""

import random
import sys
import time

import django
from django.db import transaction

from benchmarks.payloads import orders
from benchmarks.protocol import serve
from eventstreaming import append, deferred_appends


def main(seed: str) -> None:
    django.setup()
    choose = random.Random(seed).choice
    (order,) = orders(1)

    def appending(names: list[str], times: int, pause: float) -> None:
        for _ in range(times):
            with transaction.atomic():
                append(choose(names), order)
                time.sleep(pause)

    def deferring(names: list[str], times: int, pause: float) -> None:
        for _ in range(times):
            with deferred_appends() as later:
                later.append(choose(names), order)
                time.sleep(pause)

    serve({"append": appending, "defer": deferring})


if __name__ == "__main__":
    main(sys.argv[1])
