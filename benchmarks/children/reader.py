"""A raw reader that waits: LISTEN, read what is new in a stream, note the time."""

import os
import socket
import sys
import time

from benchmarks.raw import events as raw
from benchmarks.raw.connecting import connect


def main(stream_name: str, channel: str) -> None:
    connection = connect()
    connection.execute(f'LISTEN "{channel}"')
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    following = 0
    while True:
        for row in raw.read_from(connection, stream_name, following):
            started = str(time.monotonic_ns()).encode()
            sender.sendto(started, os.environ["BENCHMARK_SOCKET"])
            following = row[0] + 1
        for _ in connection.notifies(stop_after=1):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
