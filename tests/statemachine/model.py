"""The model as a whole: a log, queues, and what time it is."""

from dataclasses import dataclass, field

from tests.statemachine.log_model import LogModel
from tests.statemachine.queue_model import QueueModel


@dataclass(slots=True)
class Model:
    """A rollback puts a copy of it back, but for the time."""

    log: LogModel = field(default_factory=LogModel)
    queues: QueueModel = field(default_factory=QueueModel)
