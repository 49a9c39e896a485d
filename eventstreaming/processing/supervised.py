"""
The line between a supervisor and one of its children: a pair of sockets.

The child writes a report a second. What it reads is an order to drain, or the end
of the line: the supervisor is gone, also if it was killed. (A signal at the
parent's death would follow the parent's thread, and only on Linux.)
"""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

import msgspec

from eventstreaming.processing.duties import Duty
from eventstreaming.processing.reports import Report
from eventstreaming.processing.slates import slate

# The environment variable with the numbers of the line and the slate, and the time.
LINE = "EVENTSTREAMING_SUPERVISOR_LINE"
DRAIN = b"d"


class ChildsEnd(Duty):
    """The child's end of the line."""

    def __init__(self, number: int, began_at: float) -> None:
        """Take the socket of that number; the process was started at `began_at`."""
        self.began_at = began_at
        self._socket = socket.socket(fileno=number)
        self._socket.set_inheritable(False)
        self._is_over = False

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return the line of a process that a supervisor has started."""
        given = os.environ.pop(LINE, None)  # a handler's own children have none
        if given is None:
            return None
        number, of_slate, began_at = given.split()
        slate.share(int(of_slate))
        return cls(int(number), float(began_at))

    def note(self, reports: Sequence[Report]) -> None:
        """Tell the supervisor how this process is."""
        with suppress(OSError):  # that it is gone is read below
            for report in reports:
                self._socket.sendall(msgspec.json.encode(report) + b"\n")

    def finish(self) -> None:
        """End the line: the worker has ended."""
        self._is_over = True
        with suppress(OSError):  # wakes who reads
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def listen(
        self, *, on_drain: Callable[[], None], on_end: Callable[[], None]
    ) -> None:
        """Call the functions, from a thread, for an order and for the end."""

        def read() -> None:
            with suppress(OSError):
                while self._socket.recv(1) == DRAIN:
                    on_drain()
            if not self._is_over:
                on_end()

        threading.Thread(target=read, name="supervisor-line", daemon=True).start()


class SupervisorsEnd:
    """The supervisor's end of the line to one child."""

    def __init__(self) -> None:
        self._socket, self.childs = socket.socketpair()
        self._socket.setblocking(False)
        self._rest = b""

    def fileno(self) -> int:
        """Return its number, for a selector."""
        return self._socket.fileno()

    def order_drain(self) -> None:
        """Let the child finish what it has, however long that takes."""
        with suppress(OSError):
            self._socket.send(DRAIN)

    def receive(self) -> list[Report]:
        """Return what the child has said since the last call."""
        data = self._rest
        with suppress(OSError):
            while part := self._socket.recv(65_536):
                data += part
        *lines, self._rest = data.split(b"\n")
        return [msgspec.json.decode(line, type=Report) for line in lines]

    def close(self) -> None:
        """End the line; a child that lives drains."""
        self._socket.close()
