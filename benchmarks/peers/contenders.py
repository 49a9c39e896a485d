"""Peers as contenders of a scenario."""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

import psycopg
from psycopg import Connection, sql

from benchmarks.clocks import clock_socket, milliseconds_to
from benchmarks.database import NAME, empty_database
from benchmarks.peers.catalogue import Peer
from benchmarks.peers.environments import ROOT, interpreter
from benchmarks.protocol import Child, Unavailable
from benchmarks.scenario import Opener, Slice

BORN = 30.0  # seconds a worker may take to wait for its first message
PATIENCE = 120.0


def calling(
    peers: Iterable[Peer],
    do: str,
    *,
    filled: Mapping[str, int] | None = None,
    **arguments: int,
) -> Mapping[str, Opener]:
    """
    Return contenders that time themselves: `do` answers with a figure.

    With `filled`, their `fill` is called with it before.
    """
    return {peer.name: partial(_calling, peer, do, filled, arguments) for peer in peers}


def crowding(
    peers: Iterable[Peer], do: str, *, processes: int, times: int
) -> Mapping[str, Opener]:
    """Return contenders whose processes do the same at once, `times` each."""
    return {peer.name: partial(_crowding, peer, do, processes, times) for peer in peers}


def draining(peers: Iterable[Peer], processes: int) -> Mapping[str, Opener]:
    """Return contenders whose workers drain messages that all appear at once."""
    return {peer.name: partial(_draining, peer, processes) for peer in peers}


def waking(peers: Iterable[Peer]) -> Mapping[str, Opener]:
    """Return contenders whose idle worker gets one message."""
    return {peer.name: partial(_waking, peer) for peer in peers}


@contextmanager
def _calling(
    peer: Peer, do: str, filled: Mapping[str, int] | None, arguments: Mapping[str, int]
) -> Iterator[Slice]:
    with ExitStack() as stack:
        url = stack.enter_context(_database(peer))
        child = stack.enter_context(_child(peer, url))
        child.ask("prepare")
        if filled:
            child.ask("fill", **filled)
        yield partial(child.ask, do, **arguments)


@contextmanager
def _crowding(peer: Peer, do: str, processes: int, times: int) -> Iterator[Slice]:
    with ExitStack() as stack:
        url = stack.enter_context(_database(peer))
        children = [stack.enter_context(_child(peer, url)) for _ in range(processes)]
        children[0].ask("prepare")

        def run() -> float:
            began = time.perf_counter()
            for child in children:
                child.tell(do, times=times)
            for child in children:
                child.answer()
            return processes * times / (time.perf_counter() - began)

        yield run


@contextmanager
def _draining(peer: Peer, processes: int) -> Iterator[Slice]:
    with ExitStack() as stack:
        url = stack.enter_context(_database(peer))
        child = stack.enter_context(_child(peer, url))
        child.ask("prepare")
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        for _ in range(processes):
            stack.enter_context(_worker(peer, url))
        _wait_for_workers(connection, peer, child, processes)

        def run() -> float:
            child.ask("fill", count=peer.drained)
            # The planner learns of the backlog, as autovacuum would have it.
            connection.execute(sql.SQL(f"ANALYZE {peer.pending.split()[0]}"))
            return _drain_rate(connection, peer)

        yield run


@contextmanager
def _waking(peer: Peer) -> Iterator[Slice]:
    with ExitStack() as stack:
        url = stack.enter_context(_database(peer))
        child = stack.enter_context(_child(peer, url))
        child.ask("prepare")
        clock = stack.enter_context(clock_socket())
        stack.enter_context(_worker(peer, url, BENCHMARK_SOCKET=clock.getsockname()))
        child.ask("enqueue_awaited")
        try:
            clock.recv(64)
        except TimeoutError:
            raise Unavailable("its worker starts no handler") from None
        yield partial(milliseconds_to, partial(child.ask, "enqueue_awaited"), clock)


@contextmanager
def _database(peer: Peer) -> Iterator[str]:
    interpreter(peer.folder)  # first: it may be unavailable
    with empty_database(os.environ["DATABASE_URL"], f"{NAME}_{peer.folder}") as url:
        yield url


def _child(peer: Peer, url: str) -> Child:
    module = f"benchmarks.peers.{peer.folder}.peer"
    return Child([interpreter(peer.folder), "-m", module], **_environment(url))


@contextmanager
def _worker(peer: Peer, url: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        [interpreter(peer.folder), *peer.worker.split()],
        env={**_environment(url), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(url: str) -> dict[str, str]:
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    del environment["DJANGO_SETTINGS_MODULE"]
    return environment


def _wait_for_workers(
    connection: Connection, peer: Peer, child: Child, processes: int
) -> None:
    """Wait until messages are taken, and a moment for the other processes."""
    child.ask("fill", count=20)
    _wait(lambda: not _any_pending(connection, peer), BORN)
    time.sleep(1.5 * (processes - 1))


def _drain_rate(connection: Connection, peer: Peer) -> float:
    _wait(lambda: _count_pending(connection, peer) < peer.drained)
    began, total = time.perf_counter(), _count_pending(connection, peer)
    _wait(lambda: not _any_pending(connection, peer))
    return total / (time.perf_counter() - began)


def _count_pending(connection: Connection, peer: Peer) -> int:
    return _one(connection, f"SELECT count(*) FROM {peer.pending}")


def _any_pending(connection: Connection, peer: Peer) -> bool:
    return bool(_one(connection, f"SELECT EXISTS (SELECT FROM {peer.pending})"))


def _one(connection: Connection, query: str) -> int:
    ((value,),) = connection.execute(sql.SQL(query)).fetchall()
    return value


def _wait(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise Unavailable("its worker does not drain the queue")
        time.sleep(0.005)
