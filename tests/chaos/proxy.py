"""A proxy in front of the server that cuts connections at the worst moment."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

Address = str | tuple[str, int]

COMMIT = b"COMMIT\x00"
WITH_REQUEST = "with the request"  # the server never hears of it
WITH_REPLY = "with the reply"  # the server has done it, and nobody knows


class CuttingProxy:
    """
    Forwards bytes on the loopback until `cut` says how the next COMMIT is cut.

    It forgets that after one cut. `cut_now()` ends every connection.
    """

    def __init__(self, server: Address) -> None:
        self.cut: str | None = None
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut_now(self) -> None:
        """End all connections; new ones are welcome."""
        for end in self._sockets:
            _shut(end)

    def close(self) -> None:
        """End everything."""
        _shut(self._listener)
        self._listener.close()
        self.cut_now()
        for thread in self._threads:
            thread.join()
        for end in self._sockets:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = _connect(self._server)
            self._sockets += [client, server]
            cut = threading.Event()
            self._spawn(self._forward_requests, client, server, cut)
            self._spawn(self._forward_replies, client, server, cut)

    def _forward_requests(
        self, client: socket.socket, server: socket.socket, cut: threading.Event
    ) -> None:
        for data in _received(client):
            if self.cut is not None and COMMIT in data:
                how, self.cut = self.cut, None
                if how == WITH_REQUEST:
                    break
                cut.set()
            server.sendall(data)
        _shut(client)
        _shut(server)

    def _forward_replies(
        self, client: socket.socket, server: socket.socket, cut: threading.Event
    ) -> None:
        for data in _received(server):
            if cut.is_set():
                break
            client.sendall(data)
        _shut(client)
        _shut(server)

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        def run() -> None:
            try:
                target(*arguments)
            except OSError:
                return  # the other end is gone

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()


@contextmanager
def cutting_proxy(server: Address) -> Iterator[CuttingProxy]:
    """Run a proxy."""
    with closing(CuttingProxy(server)) as proxy:
        yield proxy


def _connect(server: Address) -> socket.socket:
    if isinstance(server, tuple):
        return socket.create_connection(server)
    end = socket.socket(socket.AF_UNIX)
    end.connect(server)
    return end


def _received(end: socket.socket) -> Iterator[bytes]:
    while data := end.recv(65536):
        yield data


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is shut already
