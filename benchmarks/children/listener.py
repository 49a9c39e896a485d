"""A raw worker that waits: LISTEN, claim one message, note the time, remove it."""

import os
import socket
import sys
import time

from benchmarks.raw import messages as raw
from benchmarks.raw.connecting import connect


def main(queue: str, channel: str) -> None:
    connection = connect()
    connection.execute(f'LISTEN "{channel}"')
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        while rows := raw.claim(connection, queue, 1):
            started = str(time.monotonic_ns()).encode()
            sender.sendto(started, os.environ["BENCHMARK_SOCKET"])
            raw.acknowledge_one(connection, rows[0])
        for _ in connection.notifies(stop_after=1):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
