"""The leases that a worker holds, and when they must be extended."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from eventstreaming import clock
from eventstreaming.processing.jobs import Job
from eventstreaming.processing.slates import slate
from eventstreaming.types import Message


class Leases:
    """
    The deliveries of one store in flight, by receipt: a message that comes back
    while its handler still runs is another delivery.

    Each is extended every third of its timeout, so that two extensions may
    fail before it is lost.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Lease] = {}
        self._by_queue: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    def count(self, queue: str) -> int:
        """Return how many of a queue's messages are held."""
        return self._by_queue[queue]

    def take(self, jobs: Iterable[Job], timeouts: Mapping[str, float]) -> None:
        """Hold the leases of new jobs; their timeouts are those of their queues."""
        now = clock.monotonic()
        for job in jobs:
            message = job.message
            timeout = timeouts[message.stream_name]
            self._held[message.receipt] = _Lease(
                message, timeout, now, now + timeout / 3
            )
            self._by_queue[message.stream_name] += 1

    def older_than(self, seconds: float) -> list[Message]:
        """Return the messages that have been held for so long, and are not lost."""
        before = clock.monotonic() - seconds
        return [
            lease.message
            for lease in self._held.values()
            if lease.taken <= before and lease.due < inf
        ]

    def drop(self, messages: Iterable[Message]) -> None:
        """Let go of messages that are answered, or lost."""
        messages = list(messages)
        slate.end(messages)
        for message in messages:
            if self._held.pop(message.receipt, None) is not None:
                self._by_queue[message.stream_name] -= 1

    def lost(self, messages: Iterable[Message]) -> None:
        """Extend messages no more; their handlers may still be running."""
        for message in messages:
            if message.receipt in self._held:
                self._held[message.receipt].due = inf

    def due(self) -> dict[float, list[Message]]:
        """Return the messages to be extended now, by their timeout."""
        now = clock.monotonic()
        found: dict[float, list[Message]] = {}
        for lease in self._held.values():
            if lease.due <= now:
                found.setdefault(lease.timeout, []).append(lease.message)
        return found

    def extended(self, messages: Iterable[Message]) -> None:
        """Note that messages were extended just now."""
        now = clock.monotonic()
        for message in messages:
            lease = self._held.get(message.receipt)
            if lease is not None:
                lease.due = now + lease.timeout / 3

    def seconds_to_next(self) -> float:
        """Return how long until an extension is due."""
        if not self._held:
            return 60.0
        return max(
            0.0, min(lease.due for lease in self._held.values()) - clock.monotonic()
        )


@dataclass(slots=True)
class _Lease:
    message: Message
    timeout: float  # seconds
    taken: float
    due: float  # when it is to be extended
