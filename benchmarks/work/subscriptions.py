"""Handlers that do nothing, so that what remains is the worker."""

import os
import socket
import time

from eventstreaming import Message, StoredEvent, queue_handler, subscription


@queue_handler("drained-1")
def drain_with_one_process(message: Message) -> None:
    """Do nothing."""


@queue_handler("drained-2")
def drain_with_two_processes(message: Message) -> None:
    """Do nothing."""


@subscription("followed-events", name="followed-events")
def pass_by(event: StoredEvent) -> None:
    """Do nothing."""


@queue_handler("awaited")
def tell_when_a_message_is_handled(message: Message) -> None:
    """Say when the handler started."""
    _tell_the_time()


@subscription("awaited-events", name="awaited-events")
def tell_when_an_event_is_handled(event: StoredEvent) -> None:
    """Say when the handler started."""
    _tell_the_time()


def _tell_the_time() -> None:
    """Send the time of now, by the clock that processes share."""
    started = str(time.monotonic_ns()).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(started, os.environ["BENCHMARK_SOCKET"])
