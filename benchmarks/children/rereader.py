"""A process that reads a long stream, and says what memory that took."""

import resource
import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

import django

import eventstreaming
from benchmarks.history import LONG_STREAM
from benchmarks.protocol import serve
from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect

WARM_UP = 2_000


def main(kind: str) -> None:
    django.setup()
    connection = connect()

    def events(limit: int) -> Iterable[Any]:
        if kind == "raw":
            return raw.read_long_stream(connection, LONG_STREAM, limit)
        return eventstreaming.read_stream(LONG_STREAM, limit=limit)

    def read(count: int) -> float:
        """Return by how many megabytes the peak of memory grew."""
        for _ in events(WARM_UP):
            pass
        before = _peak()
        found = sum(1 for _ in islice(events(count), count))
        if found != count:
            raise AssertionError(f"read {found} events, not {count}")
        return _peak() - before

    serve({"read": read})


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1])
