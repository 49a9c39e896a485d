"""A process on a database with some history: appends to it, reads from it."""

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django
from django.core.management import call_command

import eventstreaming
from benchmarks.history import SHORT, fill
from benchmarks.payloads import orders
from benchmarks.protocol import serve
from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect

APPENDED_TO = [f"grown-{number}" for number in range(50)]


def main(kind: str) -> None:
    django.setup()
    connection = connect()
    append: Callable[[str, Any], object]
    read: Callable[[str], object]
    if kind == "raw":
        append = partial(raw.append_one, connection)
        read = partial(raw.read_stream, connection, limit=SHORT)
    else:
        append = eventstreaming.append
        read = _read

    def prepare(long: int, short_streams: int) -> None:
        call_command("migrate", verbosity=0)
        fill(connection, long=long, short_streams=short_streams)
        for name in APPENDED_TO:
            eventstreaming.create_stream(name)

    def append_some(times: int) -> float:
        (order,) = orders(1)
        names = [APPENDED_TO[turn % len(APPENDED_TO)] for turn in range(times)]
        return _rate(lambda name: append(name, order), names)

    def read_some(times: int, short_streams: int) -> float:
        draw = random.Random().randint
        return _rate(read, [f"history-{draw(1, short_streams)}" for _ in range(times)])

    serve({"prepare": prepare, "append": append_some, "read": read_some})


def _read(stream_name: str) -> list[eventstreaming.StoredEvent]:
    return list(eventstreaming.read_stream(stream_name))


def _rate(act: Callable[[str], object], names: list[str]) -> float:
    began = time.perf_counter()
    for name in names:
        act(name)
    return len(names) / (time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1])
