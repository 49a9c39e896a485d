"""Queues in PostgreSQL: counting their messages, and removing all."""

from eventstreaming.backends.database.queue_settings import QueueSettingsOperations
from eventstreaming.backends.postgresql.claiming import ClaimOperations
from eventstreaming.backends.postgresql.dead_letters import RedriveOperations
from eventstreaming.backends.postgresql.enqueueing import EnqueueOperations
from eventstreaming.events import arguments
from eventstreaming.types import QueueInfo

COUNT_BOUND = 10_000


class QueueOperations(
    EnqueueOperations, ClaimOperations, RedriveOperations, QueueSettingsOperations
):
    """The ephemeral half of PostgreSQLEventStore."""

    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info()."""
        stream_name = arguments.stream_name(stream_name)
        bound = None if arguments.flag(exact, "exact") else COUNT_BOUND + 1
        ((*counts, oldest_age),) = self._execute(
            "queue_info", {"queue": stream_name, "bound": bound}
        )
        ready, in_flight, delayed, blocked, dead = (
            count if bound is None else min(count, COUNT_BOUND) for count in counts
        )
        return QueueInfo(
            stream_name=stream_name,
            ready=ready,
            in_flight=in_flight,
            delayed=delayed,
            blocked=blocked,
            dead=dead,
            oldest_age=oldest_age,
            exact=bound is None or max(counts[0] + counts[1], *counts[2:]) < bound,
        )

    def purge(self, stream_name: str) -> int:
        """See services.purge()."""
        return self._execute_count(
            "purge", {"queue": arguments.stream_name(stream_name)}
        )
