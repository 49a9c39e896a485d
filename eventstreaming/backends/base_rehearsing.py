"""What tests ask of a store besides its contract: what is in it, and more time."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from eventstreaming.events.codec import decode
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.types import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMessage:
    """
    A message that is not done, seen without a lease on it.

    `due_in` is the seconds until it can be delivered, 0 for no delay.
    """

    stream_name: str
    message_id: str
    message_type: str
    schema_version: int
    data: JSON
    headers: dict[str, JSON]
    priority: int
    group_key: str | None
    deduplication_key: str | None
    correlation_id: str | None
    due_in: float
    deliveries: int
    attempts: int

    @property
    def payload(self) -> Any:
        """Return the typed object, or plain data. See types.Message.payload."""
        if not self.message_type:
            return self.data
        origin = f"queue {self.stream_name!r}, message {self.message_id}"
        return decode(self.message_type, self.schema_version, self.data, origin)


class BaseRehearsing:
    """A store need not support this; `eventstreaming.testing` then says so."""

    def live_messages(self, stream_name: str | None = None) -> list[LiveMessage]:
        """Return what one queue holds, or all of them, in the order of enqueueing."""
        self._refuse("shows no messages")

    def seconds_to_next(
        self, queues: Collection[str], subscriptions: Collection[str] = ()
    ) -> float | None:
        """
        Return how long until something that waits is due, or None.

        That is a delayed message of these queues, or the next attempt of these
        subscriptions.
        """
        self._refuse("moves no time")

    def pass_time(self, seconds: float) -> None:
        """
        Make delays, leases, expiries, dead letters and keys older by so many seconds.

        Events are immutable, so they keep their times.
        """
        self._refuse("moves no time")

    @property
    def checkpoints(self) -> dict[str, int]:
        """Return, to be changed, how far subscriptions run by tests have come."""
        self._refuse("keeps no checkpoints")

    def _refuse(self, problem: str) -> NoReturn:
        raise UnsupportedOperation(f"{type(self).__name__} {problem} for tests")
