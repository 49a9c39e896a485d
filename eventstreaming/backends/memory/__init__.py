"""
The store for unit tests and simulations: plain Python, no database.

    EVENT_STORES = {
        "default": {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"},
    }

What is written is visible at once and a rollback does not undo it. It lives in
this process, per alias, until `reset()`; a test calls that in its setUp().
"""

from eventstreaming.backends.memory.cancelling import CancelOperations
from eventstreaming.backends.memory.data import reset
from eventstreaming.backends.memory.dead_letters import DeadLetterOperations
from eventstreaming.backends.memory.idempotency import IdempotencyOperations
from eventstreaming.backends.memory.leases import LeaseOperations
from eventstreaming.backends.memory.queues import QueueOperations
from eventstreaming.backends.memory.reading import ReadOperations
from eventstreaming.backends.memory.rehearsing import RehearsalOperations
from eventstreaming.backends.memory.stream_settings import StreamSettingsOperations
from eventstreaming.backends.memory.streams import StreamOperations
from eventstreaming.backends.memory.truncation import TruncationOperations

__all__ = ["MemoryEventStore", "reset"]


class MemoryEventStore(
    StreamOperations,
    IdempotencyOperations,
    ReadOperations,
    TruncationOperations,
    StreamSettingsOperations,
    CancelOperations,
    QueueOperations,
    LeaseOperations,
    DeadLetterOperations,
    RehearsalOperations,
):
    """
    Streams and queues in the memory of this process; it takes no options.

    Time is that of `eventstreaming.clock`, so a test can move it.
    """
