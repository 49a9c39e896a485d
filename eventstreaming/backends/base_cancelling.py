"""Cancelling messages: what a store promises."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from eventstreaming.backends.twins import async_method
from eventstreaming.exceptions import MessageNotFound
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

    def cancel_many(self, stream_name: str, message_ids: Iterable[str]) -> list[str]:
        """Cancel messages; return the ids of those that were there."""
        return [
            message_id
            for message_id in message_ids
            if self._was_there(stream_name, message_id)
        ]

    def _was_there(self, stream_name: str, message_id: str) -> bool:
        try:
            self.cancel(stream_name, message_id)
        except MessageNotFound:
            return False
        return True

    @abstractmethod
    def cancelled_among(self, messages: Iterable[Message]) -> list[Message]:
        """Return those of the leased messages that are marked as cancelled."""

    acancel = async_method(cancel)
