"""The tables: streams and events, queues, and what processing keeps."""

from eventstreaming.models.activity import QueueActivity
from eventstreaming.models.idempotency import IdempotencyKey
from eventstreaming.models.once import OnceKey
from eventstreaming.models.overview import Overview
from eventstreaming.models.parking import ParkedEvent
from eventstreaming.models.processing import Checkpoint, Subscription
from eventstreaming.models.queues import DeadLetter, Message, Queue
from eventstreaming.models.sagas import Saga
from eventstreaming.models.schedules import Schedule
from eventstreaming.models.streams import Event, Stream, StreamConfiguration
from eventstreaming.models.task_results import TaskResult
from eventstreaming.models.workers import WorkerHeartbeat

__all__ = [
    "Checkpoint",
    "DeadLetter",
    "Event",
    "IdempotencyKey",
    "Message",
    "OnceKey",
    "Overview",
    "ParkedEvent",
    "Queue",
    "QueueActivity",
    "Saga",
    "Schedule",
    "Stream",
    "StreamConfiguration",
    "Subscription",
    "TaskResult",
    "WorkerHeartbeat",
]
