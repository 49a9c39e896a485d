"""Cancelling messages in PostgreSQL."""

from collections.abc import Iterable

from eventstreaming.backends.failures import CANCELLED
from eventstreaming.backends.leasing import leased
from eventstreaming.backends.postgresql.leases import LeaseOperations, ids_and_leases
from eventstreaming.events import arguments
from eventstreaming.exceptions import MessageNotFound
from eventstreaming.types import Message


class CancelOperations(LeaseOperations):
    """One statement each."""

    def cancel(self, stream_name: str, message_id: str) -> bool:
        """See services.cancel()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        rows = self._execute(
            "cancel",
            {
                "queue": stream_name,
                "id": number,
                "error": CANCELLED.text,
                "fingerprint": CANCELLED.fingerprint,
            },
        )
        if not rows:
            raise MessageNotFound(stream_name, message_id)
        ((is_held, _),) = rows
        if not is_held:
            self._look_again(stream_name, number)
        return not is_held

    def cancel_many(self, stream_name: str, message_ids: Iterable[str]) -> list[str]:
        """See BaseCancelling.cancel_many(). One statement, and one for each of a group."""
        stream_name = arguments.stream_name(stream_name)
        asked = list(message_ids)
        rows = self._execute(
            "cancel_many",
            {
                "queue": stream_name,
                "ids": [arguments.message_id(number) for number in asked],
                "error": CANCELLED.text,
                "fingerprint": CANCELLED.fingerprint,
            },
        )
        done = {str(number) for (number,) in rows}
        left = [number for number in asked if number not in done]
        return [*sorted(done, key=int), *super().cancel_many(stream_name, left)]

    def cancelled_among(self, messages: Iterable[Message]) -> list[Message]:
        """See BaseCancelling.cancelled_among()."""
        asked = leased(messages)
        if not asked:
            return []
        rows = self._execute("cancelled_among", ids_and_leases(asked))
        found = {arguments.receipt_of(number, lease) for number, lease in rows}
        return [message for message in asked if message.receipt in found]
