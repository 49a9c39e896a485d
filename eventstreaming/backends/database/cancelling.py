"""Cancelling messages by the ORM."""

from collections.abc import Iterable

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from eventstreaming.backends.database.burying import BuryingOperations
from eventstreaming.backends.failures import CANCELLED
from eventstreaming.backends.leasing import leased
from eventstreaming.events import arguments
from eventstreaming.exceptions import MessageNotFound
from eventstreaming.types import Message


class CancelOperations(BuryingOperations):
    """A message is locked first, so that it is either held or not."""

    def cancel(self, stream_name: str, message_id: str) -> bool:
        """See services.cancel()."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        with self.all_or_none():
            row = (
                self._messages.filter(pk=number, queue=stream_name)
                .select_for_update()
                .annotate(
                    is_held=ExpressionWrapper(
                        Q(leased_until__gt=Now()), output_field=BooleanField()
                    )
                )
                .first()
            )
            if row is None:
                raise MessageNotFound(stream_name, message_id)
            if row.is_held:
                self._messages.filter(pk=number).update(cancel_requested=True)
            else:
                self._bury(row, "cancelled", CANCELLED)
        return not row.is_held

    def cancelled_among(self, messages: Iterable[Message]) -> list[Message]:
        """See BaseCancelling.cancelled_among()."""
        asked = leased(messages)
        rows = self._messages.filter(
            pk__in=[int(message.message_id) for message in asked], cancel_requested=True
        )
        found = {
            arguments.receipt_of(number, lease)
            for number, lease in rows.values_list("pk", "lease")
        }
        return [message for message in asked if message.receipt in found]
