"""Queues in PostgreSQL: all that is done with messages."""

from eventstreaming.backends.database.queue_settings import QueueSettingsOperations
from eventstreaming.backends.postgresql.cancelling import CancelOperations
from eventstreaming.backends.postgresql.claiming import ClaimOperations
from eventstreaming.backends.postgresql.counting import CountOperations
from eventstreaming.backends.postgresql.dead_letters import RedriveOperations
from eventstreaming.backends.postgresql.dead_workers import DeadWorkerOperations
from eventstreaming.backends.postgresql.enqueueing import EnqueueOperations
from eventstreaming.events import arguments


class QueueOperations(
    EnqueueOperations,
    CancelOperations,
    ClaimOperations,
    CountOperations,
    DeadWorkerOperations,
    RedriveOperations,
    QueueSettingsOperations,
):
    """The ephemeral half of PostgreSQLEventStore."""

    def purge(self, stream_name: str) -> int:
        """See services.purge()."""
        return self._execute_count(
            "purge", {"queue": arguments.stream_name(stream_name)}
        )
