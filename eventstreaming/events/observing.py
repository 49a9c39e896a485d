"""
Where a tracing or measuring library looks on: what is written, and what is handled.

Without observers each look costs the truth value of a list.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from eventstreaming.types import JSON, Message, StoredEvent

logger = logging.getLogger("eventstreaming")


class Sending:
    """
    A call that writes to a stream or a queue, while it runs.

    `carried` is what observers want written with it, by name: into the metadata of
    its events, or the headers of its messages. `count` is how many were written, 0
    until they are.
    """

    def __init__(self, operation: str, name: str, store: str) -> None:
        self.operation = operation
        self.name = name
        self.store = store
        self.count = 0
        self.carried: dict[str, str] = {}

    def with_carried(self, given: Mapping[str, JSON] | None) -> Any:
        """Return metadata or headers with what is carried; those given win."""
        if not self.carried or not isinstance(given, Mapping | None):
            return given
        return {**self.carried, **(given or {})}

    def wrote(self, count: int) -> None:
        """Note how many events or messages were written."""
        self.count = count


class Observer(Protocol):
    """
    What is asked for a block around each call.

    What a block raises is logged, and the call goes on. It is entered and left in
    the thread and context of the call, and an error of the call passes through it.
    """

    def sending(self, sending: Sending) -> AbstractContextManager[object]:
        """Return a block for a write; it may add to what is carried."""

    def handling(
        self, given: Message | StoredEvent, subscription: str | None
    ) -> AbstractContextManager[object]:
        """Return a block for a handler's call; messages have no subscription."""


observers: Final[list[Observer]] = []


def sending(operation: str, name: str, store: str) -> AbstractContextManager[Sending]:
    """Return the block of a write; `operation` is `append` or `enqueue`."""
    if not observers:
        return _NOBODY
    sent = Sending(operation, name, store)
    return _Observed(sent, lambda observer: observer.sending(sent))


def handling(
    given: Message | StoredEvent, subscription: str | None = None
) -> AbstractContextManager[object]:
    """Return the block of a handler's call."""
    if not observers:
        return _NOBODY
    return _Observed(_UNSEEN, lambda observer: observer.handling(given, subscription))


class _Observed(AbstractContextManager[Sending]):
    """The blocks of all observers around a call."""

    def __init__(
        self, sent: Sending, block_of: Callable[[Observer], AbstractContextManager[Any]]
    ) -> None:
        self._sent = sent
        self._block_of = block_of
        self._entered: list[AbstractContextManager[object]] = []

    def __enter__(self) -> Sending:
        for observer in observers:
            try:
                block = self._block_of(observer)
                block.__enter__()
            except Exception:
                logger.exception("%r failed, and the call goes on", observer)
            else:
                self._entered.append(block)
        return self._sent

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        for block in reversed(self._entered):
            try:
                block.__exit__(kind, error, traceback)
            except Exception as other:
                if other is not error:
                    logger.exception("%r failed, and the call goes on", block)


class _Nobody(Sending, AbstractContextManager[Sending]):
    """The block that nobody looks at, shared by all calls."""

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def wrote(self, count: int) -> None:
        """Note nothing."""


_NOBODY: Final = _Nobody("", "", "")
_UNSEEN: Final = Sending("", "", "")
