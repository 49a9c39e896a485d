"""Cancelling messages: what a store promises."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from eventstreaming.backends.twins import async_method
from eventstreaming.types import Message


class BaseCancelling(ABC):
    """
    Messages that are not to be handled, or not any more.

    One that nobody holds becomes a dead letter at once. One that is held is marked,
    which whoever handles it may ask for; it is not delivered again, whatever
    becomes of its lease.
    """

    @abstractmethod
    def cancel(self, stream_name: str, message_id: str) -> bool:
        """See services.cancel()."""

    @abstractmethod
    def cancelled_among(self, messages: Iterable[Message]) -> list[Message]:
        """Return those of the leased messages that are marked as cancelled."""

    acancel = async_method(cancel)
