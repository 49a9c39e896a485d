"""What a worker has done so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from eventstreaming import clock
from eventstreaming.processing.jobs import Outcome
from eventstreaming.processing.measures import QueueMeasures


@dataclass(slots=True)
class Counts:
    """Messages done and attempts failed, by queue."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    measures: dict[str, QueueMeasures] = field(default_factory=dict)

    def measure(self, outcomes: Iterable[Outcome]) -> None:
        """Note how long messages have waited and run that are done by now."""
        now = clock.now()
        for job, error, _, seconds in outcomes:
            queue = job.message.stream_name
            measures = self.measures.get(queue)
            if measures is None:
                measures = self.measures[queue] = QueueMeasures()
            measures.note(job.message, seconds, now, failed=error is not None)
