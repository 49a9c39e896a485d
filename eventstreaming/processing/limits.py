"""When a worker has done its part, and another one is to take its place."""

from dataclasses import dataclass
from math import inf

from eventstreaming.processing.children import Child


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a child may do before it is replaced; it may go a little beyond."""

    messages: float = inf  # and events
    age: float = inf  # seconds
    memory: float = inf  # bytes

    def __bool__(self) -> bool:
        return (self.messages, self.age, self.memory) != (inf, inf, inf)

    def why_replace(self, child: Child) -> str:
        """Say why a child is to be replaced, or nothing."""
        report = child.report
        if child.is_outdated:
            return "is to be restarted"
        if child.age >= self.age:
            return f"is {child.age:.0f} s old"
        if report is None:
            return ""
        if report.wants_replacement:
            return report.wants_replacement
        handled = report.done + report.failed + report.handled
        if handled >= self.messages:
            return f"has handled {handled} messages and events"
        if report.memory is not None and report.memory >= self.memory:
            return f"uses {report.memory / 2**20:.0f} MiB of memory"
        return ""
