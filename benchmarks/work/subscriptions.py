"""Handlers that do nothing, so that what remains is the worker."""

import os
import socket
import time

from eventstreaming import Message, queue_handler


@queue_handler("drained-1")
def drain_with_one_process(message: Message) -> None:
    """Do nothing."""


@queue_handler("drained-2")
def drain_with_two_processes(message: Message) -> None:
    """Do nothing."""


@queue_handler("awaited")
def tell_the_time(message: Message) -> None:
    """Say when the handler started, on the clock that processes share."""
    started = str(time.monotonic_ns()).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(started, os.environ["BENCHMARK_SOCKET"])
