"""Cancelling messages in memory."""

from collections.abc import Iterable

from eventstreaming import clock
from eventstreaming.backends.failures import CANCELLED
from eventstreaming.backends.leasing import leased
from eventstreaming.backends.memory.data import MemoryStore
from eventstreaming.events import arguments
from eventstreaming.exceptions import MessageNotFound
from eventstreaming.types import Message


class CancelOperations(MemoryStore):
    """Cancelling, of messages that are held and of those that are not."""

    def cancel(self, stream_name: str, message_id: str) -> bool:
        """See services.cancel()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        data = self._data
        with data.lock:
            message = data.find(stream_name, number)
            if message is None:
                raise MessageNotFound(stream_name, message_id)
            if message.is_leased(clock.now()):
                message.cancel_requested = True
                return False
            data.bury(message, "cancelled", CANCELLED)
            return True

    def cancelled_among(self, messages: Iterable[Message]) -> list[Message]:
        """See BaseCancelling.cancelled_among()."""
        asked = leased(messages)
        data = self._data
        with data.lock:
            found = [
                (message, data.find(message.stream_name, int(message.message_id)))
                for message in asked
            ]
            return [
                message
                for message, kept in found
                if kept is not None
                and kept.lease == message.fencing_token
                and kept.cancel_requested
            ]
