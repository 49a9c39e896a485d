"""Behind pgbouncer in transaction mode nobody is heard, and all goes on by looking."""

import logging
import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from eventstreaming import EventData, append, event_store, read_stream
from eventstreaming.backends.waking import listening
from tests.postgresql.pgbouncer import PROGRAM, pooled
from tests.processes.workers import wait_until
from tests.waking.listeners import Waiting

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed"),
]


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


@pytest.fixture
def pooler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(listening, "PROBE_SECONDS", 0.3)
    monkeypatch.setattr(listening, "TRY_AGAIN", 0.3)
    monkeypatch.setattr(listening, "BEAT", 0.3)
    with pooled(2):
        yield
        wait_until(lambda: "eventstreaming-listener" not in threads(), "it has gone")


def test_listener_that_hears_nothing_says_so_once(
    pooler: None, caplog: pytest.LogCaptureFixture
) -> None:
    def said() -> list[str]:
        records = caplog.records
        return [r.getMessage() for r in records if r.levelno >= logging.WARNING]

    caplog.set_level(logging.DEBUG, "eventstreaming")
    waiters, attempts = event_store.waiters, []
    probe = waiters._probe  # type: ignore[attr-defined]

    def noting(*args: object) -> None:
        attempts.append(args)
        probe(*args)

    waiters._probe = noting  # type: ignore[attr-defined]
    try:
        with waiters.waiting(["*"], Waiting().ring):
            wait_until(lambda: len(attempts) == 3, "it has tried three times")
            assert not waiters.is_live
    finally:
        del waiters._probe  # type: ignore[attr-defined]
    assert len(said()) == 1
    assert "do not arrive (a connection pooler that gives no session" in said()[0]


def test_follower_behind_a_pooler_gets_what_comes(pooler: None) -> None:
    def write() -> None:
        for number in range(3):
            append("order-1", EventData("Noted", {"number": number}))
            threading.Event().wait(0.1)
        connection.close()

    events = read_stream("order-1", limit=3, follow=True)
    writer = threading.Thread(target=write)
    writer.start()
    assert [event.offset for event in events] == [0, 1, 2]
    writer.join()
