"""One of the processes that append to the same stream."""

import sys
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
    append: Callable[..., Any]
    if kind == "raw":
        append = partial(raw.append_one, connect())
    else:
        django.setup()
        append = eventstreaming.append
    (order,) = orders(1)

    def run(stream_name: str, times: int) -> None:
        for _ in range(times):
            append(stream_name, order)

    serve({"append": run})


if __name__ == "__main__":
    main(sys.argv[1])
