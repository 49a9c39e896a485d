"""A process that appends: alone and timed, or beside others to the same stream."""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django

import eventstreaming
from benchmarks.payloads import orders
from benchmarks.protocol import serve
from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect


def main(kind: str) -> None:
    """Serve by raw psycopg, or by the store of that alias."""
    one: Callable[..., Any]
    many: Callable[..., Any]
    if kind == "raw":
        connection = connect()
        one = partial(raw.append_one, connection)
        many = partial(raw.append_many, connection)
    else:
        django.setup()
        one = many = partial(eventstreaming.append, store=kind)
    (order,) = orders(1)

    def append(stream_name: str, times: int) -> None:
        for _ in range(times):
            one(stream_name, order)

    def rate(prefix: str, streams: int, count: int, times: int) -> float:
        """Return how many events a second there are, with `count` in each append."""
        events: list[Any] = [orders(count) for _ in range(times)]
        if count == 1:
            events = [each for (each,) in events]
        work = [
            (f"{prefix}-{turn % streams}", each) for turn, each in enumerate(events)
        ]
        append = one if count == 1 else many
        began = time.perf_counter()
        for stream_name, each in work:
            append(stream_name, each)
        return count * times / (time.perf_counter() - began)

    serve({"append": append, "rate": rate})


if __name__ == "__main__":
    main(sys.argv[1])
