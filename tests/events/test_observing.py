"""Observers look on: what goes wrong with them is not the caller's problem."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from eventstreaming.events.observing import (
    Observer,
    Sending,
    handling,
    observers,
    sending,
)
from eventstreaming.types import Message, StoredEvent


class Watching:
    """Breaks where it is told to, and else notes what it sees."""

    def __init__(self, breaks: str = "") -> None:
        self.breaks = breaks
        self.seen: list[object] = []

    def sending(self, sending: Sending) -> AbstractContextManager[object]:
        if self.breaks == "call":
            raise RuntimeError("broken")
        return self._block(sending)

    def handling(
        self, given: Message | StoredEvent, subscription: str | None
    ) -> AbstractContextManager[object]:
        raise NotImplementedError

    @contextmanager
    def _block(self, sending: Sending) -> Iterator[None]:
        if self.breaks == "enter":
            raise RuntimeError("broken")
        sending.carried["from"] = "observer"
        try:
            yield
        except ValueError as error:
            self.seen.append(error)
            raise
        if self.breaks == "leave":
            raise RuntimeError("broken")
        self.seen.append(sending.count)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Observer]]:
    yield observers
    observers.clear()


@pytest.mark.parametrize("breaks", ["call", "enter", "leave"])
def test_broken_observer_is_logged_and_the_others_go_on(
    breaks: str, watch: list[Observer], caplog: pytest.LogCaptureFixture
) -> None:
    good = Watching()
    watch += [Watching(breaks), good]
    with sending("append", "s", "default") as sent:
        sent.wrote(2)
    assert good.seen == [2]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("eventstreaming", logging.ERROR)


def test_error_of_the_call_is_seen_and_goes_on(
    watch: list[Observer], caplog: pytest.LogCaptureFixture
) -> None:
    good = Watching()
    watch.append(good)
    error = ValueError("of the call")
    with (
        pytest.raises(ValueError, match="of the call"),
        sending("append", "s", "default"),
    ):
        raise error
    assert good.seen == [error]
    assert caplog.records == []


def test_what_the_caller_gives_wins_and_bad_input_stays_for_the_checks(
    watch: list[Observer],
) -> None:
    watch.append(Watching())
    with sending("append", "s", "default") as sent:
        assert sent.with_carried(None) == {"from": "observer"}
        assert sent.with_carried({"a": 1, "from": "me"}) == {"a": 1, "from": "me"}
        assert sent.with_carried("text") == "text"  # type: ignore[arg-type]


def test_nobody_looking_gives_everyone_the_same_block() -> None:
    assert sending("append", "s", "default") is sending("enqueue", "q", "other")
    assert handling(None) is handling(None)  # type: ignore[arg-type]
    with sending("append", "s", "default") as sent:
        sent.wrote(5)
        assert (sent.count, sent.with_carried(None)) == (0, None)
