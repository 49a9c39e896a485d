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

    What was claimed together is extended together, every third of its timeout, so
    that two extensions may fail before it is lost.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Claim] = {}
        self._claims: list[_Claim] = []
        self._by_queue: Counter[str] = Counter()
        self._by_kind: Counter[bool] = Counter()
        self._lost: set[str] = set()

    def __len__(self) -> int:
        return len(self._held)

    def count(self, queue: str) -> int:
        """Return how many of a queue's messages are held."""
        return self._by_queue[queue]

    def count_of_kind(self, is_async: bool) -> int:
        """Return how many messages are held for async functions, or for others."""
        return self._by_kind[is_async]

    def job_of(self, message: Message) -> Job | None:
        """Return the job of a message that is held."""
        claim = self._held.get(message.receipt)
        return None if claim is None else claim.jobs[message.receipt]

    def take(self, jobs: Iterable[Job], timeouts: Mapping[str, float]) -> None:
        """Hold the leases of new jobs; their timeouts are those of their queues."""
        now = clock.monotonic()
        claims: dict[str, _Claim] = {}
        for job in jobs:
            message = job.message
            queue = message.stream_name
            claim = claims.get(queue)
            if claim is None:
                timeout = timeouts[queue]
                claim = claims[queue] = _Claim({}, timeout, now, now + timeout / 3)
            receipt = message.receipt
            claim.jobs[receipt] = job
            self._held[receipt] = claim
            self._by_kind[job.is_async] += 1
        self._claims += claims.values()
        for queue, claim in claims.items():
            self._by_queue[queue] += len(claim.jobs)

    def older_than(self, seconds: float) -> list[Message]:
        """Return the messages that have been held for so long, and are not lost."""
        before = clock.monotonic() - seconds
        return [
            message
            for claim in self._claims
            if claim.taken <= before
            for message in self._kept(claim)
        ]

    def drop(self, messages: Iterable[Message]) -> None:
        """Let go of messages that are answered, or lost."""
        messages = list(messages)
        slate.end(messages)
        for message in messages:
            receipt = message.receipt
            claim = self._held.pop(receipt, None)
            if claim is None:
                continue
            self._lost.discard(receipt)
            self._by_queue[message.stream_name] -= 1
            self._by_kind[claim.jobs.pop(receipt).is_async] -= 1
            if not claim.jobs:
                self._claims.remove(claim)

    def lost(self, messages: Iterable[Message]) -> None:
        """Extend messages no more; their handlers may still be running."""
        self._lost.update(m.receipt for m in messages if m.receipt in self._held)

    def due(self) -> dict[float, list[Message]]:
        """Return the messages to be extended now, by their timeout."""
        now = clock.monotonic()
        found: dict[float, list[Message]] = {}
        for claim in self._claims:
            if claim.due > now:
                continue
            if kept := self._kept(claim):
                found.setdefault(claim.timeout, []).extend(kept)
            else:
                claim.due = inf
        return found

    def extended(self, messages: Iterable[Message]) -> None:
        """Note that messages were extended just now, each with its whole claim."""
        now = clock.monotonic()
        for message in messages:
            claim = self._held.get(message.receipt)
            if claim is not None:
                claim.due = now + claim.timeout / 3

    def seconds_to_next(self) -> float:
        """Return how long until an extension is due."""
        due = min((claim.due for claim in self._claims), default=inf)
        return min(max(0.0, due - clock.monotonic()), 60.0)

    def _kept(self, claim: "_Claim") -> list[Message]:
        return [
            job.message
            for receipt, job in claim.jobs.items()
            if receipt not in self._lost
        ]


@dataclass(slots=True, eq=False)
class _Claim:
    """What is left of the messages of one queue that were claimed together."""

    jobs: dict[str, Job]  # by receipt
    timeout: float  # seconds
    taken: float
    due: float  # when they are to be extended
