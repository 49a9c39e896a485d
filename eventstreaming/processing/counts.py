"""What a worker has done so far."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from eventstreaming.processing.measures import QueueMeasures
from eventstreaming.types import Message


@dataclass(slots=True)
class Counts:
    """Messages done and attempts failed, by queue."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    measures: dict[str, QueueMeasures] = field(default_factory=dict)

    def measure(
        self, message: Message, seconds: float, now: datetime, *, failed: bool
    ) -> None:
        """Note how long a message has waited and run."""
        queue = message.stream_name
        measures = self.measures.get(queue)
        if measures is None:
            measures = self.measures[queue] = QueueMeasures()
        measures.note(message, seconds, now, failed=failed)
