"""What receivers of the signals of tasks see."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Received(NamedTuple):
    """One call of a receiver; `error` was being handled at that moment."""

    sender: type[Any]
    task_result: Any
    status: Any  # as it was then: refresh() changes results
    error: BaseException | None


@contextmanager
def receiving(*signals: Any) -> Iterator[list[Received]]:
    """Collect what is sent by some signals during the block."""
    received: list[Received] = []

    def receive(sender: type[Any], task_result: Any, **kwargs: Any) -> None:
        received.append(
            Received(sender, task_result, task_result.status, sys.exc_info()[1])
        )

    for signal in signals:
        signal.connect(receive)
    try:
        yield received
    finally:
        for signal in signals:
            signal.disconnect(receive)
