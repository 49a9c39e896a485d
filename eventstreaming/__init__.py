"""
Persistent event streams and message queues for Django projects, in PostgreSQL.
"""

from eventstreaming.backends import event_store, event_stores
from eventstreaming.events.correlation import correlation_scope
from eventstreaming.events.registry import event, upcaster
from eventstreaming.services import (
    aacknowledge,
    aacknowledge_many,
    aappend,
    acknowledge,
    acknowledge_many,
    acreate_stream,
    adead_letters,
    adequeue,
    adequeue_many,
    aenqueue,
    aenqueue_many,
    aextend_visibility,
    anack,
    apop,
    append,
    apurge,
    aqueue_info,
    aread_all,
    aread_category,
    aread_stream,
    aredrive,
    astream_info,
    create_stream,
    dead_letters,
    dequeue,
    dequeue_many,
    enqueue,
    enqueue_many,
    extend_visibility,
    nack,
    pop,
    purge,
    queue_info,
    read_all,
    read_category,
    read_stream,
    redrive,
    stream_info,
)
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    EventData,
    Message,
    StoredEvent,
)

__version__ = "0.1.0"
