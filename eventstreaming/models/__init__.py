"""The tables: streams and events, queues, and what processing keeps."""

from eventstreaming.models.processing import Checkpoint, Subscription
from eventstreaming.models.queues import DeadLetter, Message, Queue
from eventstreaming.models.streams import Event, Stream, StreamConfiguration

__all__ = [
    "Checkpoint",
    "DeadLetter",
    "Event",
    "Message",
    "Queue",
    "Stream",
    "StreamConfiguration",
    "Subscription",
]
