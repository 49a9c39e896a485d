"""What a queue is: messages, each with at most one lease."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from eventstreaming.backends.failures import CANCELLED
from eventstreaming.exceptions import LeaseLost

# What holds for a queue without settings.
MAX_ATTEMPTS = 5
MAX_DELIVERIES = 20
VISIBILITY_TIMEOUT = 30.0  # seconds


@dataclass(slots=True)
class ModelMessage:
    """Times are in seconds of the model; `leased_until` is None without a lease."""

    id: int
    queue: str
    number: int
    priority: int
    enqueued_at: float
    due_at: float
    expires_at: float
    group: str | None = None
    deduplication: str | None = None
    token: int = 0
    leased_until: float | None = None
    deliveries: int = 0
    attempts: int = 0
    cancelled: bool = False
    reason: str = ""  # of a dead letter
    error: str = ""

    def is_visible(self, now: float) -> bool:
        return self.due_at <= now and not self.is_leased(now)

    def is_leased(self, now: float) -> bool:
        return self.leased_until is not None and self.leased_until > now


@dataclass(slots=True)
class Counts:
    """What is known of a queue at a glance."""

    ready: int
    in_flight: int
    delayed: int
    dead: int


@dataclass(slots=True)
class QueueModel:
    """Every message by its id: the live ones and the dead ones."""

    live: dict[int, ModelMessage] = field(default_factory=dict)
    dead: dict[int, ModelMessage] = field(default_factory=dict)
    settings: dict[str, dict[str, object]] = field(default_factory=dict)
    # By queue and idempotency key: the number and the id of the first message.
    once: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def put(self, message: ModelMessage) -> None:
        assert message.id > max([0, *self.live, *self.dead])
        self.live[message.id] = message

    def of(self, queue: str) -> list[ModelMessage]:
        """Return the live messages of a queue in the order of delivery."""
        messages = [m for m in self.live.values() if m.queue == queue]
        return sorted(messages, key=lambda m: (-m.priority, m.id))

    def setting(self, queue: str, name: str, default: float) -> float:
        """Return what is configured for a queue, or the default."""
        value = self.settings.get(queue, {}).get(name)
        return default if value is None else value  # type: ignore[return-value]

    def waits_for_its_group(self, message: ModelMessage, now: float) -> bool:
        """Say whether an older one is there, or another one is in work."""
        return message.group is not None and any(
            other.id < message.id or (other is not message and other.is_leased(now))
            for other in self.of(message.queue)
            if other.group == message.group
        )

    def _next(self, queue: str, now: float) -> Iterator[ModelMessage]:
        """Yield what can be delivered; what has expired is gone when it is met."""
        if self.setting(queue, "paused", default=False):
            return
        for message in self.of(queue):
            if message.is_visible(now) and not self.waits_for_its_group(message, now):
                if message.cancelled:
                    message.token += 1
                    self.bury(message, "cancelled", CANCELLED.text)
                elif message.expires_at <= now:
                    del self.live[message.id]
                else:
                    yield message

    def dequeue(
        self, queue: str, limit: int, timeout: float | None, now: float
    ) -> list[ModelMessage]:
        """Lease the next messages."""
        leased: list[ModelMessage] = []
        most = self.setting(queue, "max_deliveries", MAX_DELIVERIES)
        if timeout is None:
            timeout = self.setting(queue, "visibility_timeout", VISIBILITY_TIMEOUT)
        for message in self._next(queue, now):
            message.token += 1
            if message.deliveries >= most:
                self.bury(message, "max_deliveries")
                continue
            message.deliveries += 1
            message.due_at = now
            message.leased_until = now + timeout
            leased.append(message)
            if len(leased) == limit:
                break
        return leased

    def pop(self, queue: str, now: float) -> ModelMessage | None:
        """Take the next message and remove it."""
        for message in self._next(queue, now):
            message.token += 1
            message.deliveries += 1
            return self.live.pop(message.id)
        return None

    def find(self, queue: str, number: int) -> ModelMessage | None:
        message = self.live.get(number)
        return message if message is not None and message.queue == queue else None

    def held(self, queue: str, number: int, token: int) -> ModelMessage:
        """Return the message if the lease with this token is still good."""
        message = self.find(queue, number)
        if message is None:
            raise LeaseLost(queue, str(number), "gone")
        if message.token != token:
            raise LeaseLost(queue, str(number), "taken")
        if message.leased_until is None:
            raise LeaseLost(queue, str(number), "released")
        return message

    def nack(
        self,
        message: ModelMessage,
        due_at: float,
        *,
        error: str,
        dead_letter: bool,
        max_attempts: int | None,
    ) -> bool:
        """Give a message back as a failed attempt, or bury it."""
        message.attempts += 1
        message.leased_until = None
        most = self.setting(message.queue, "max_attempts", MAX_ATTEMPTS)
        if message.cancelled:
            self.bury(message, "cancelled", error)
            return False
        if dead_letter or message.attempts >= (max_attempts or most):
            self.bury(message, "rejected" if dead_letter else "max_attempts", error)
            return False
        message.due_at = due_at
        return True

    def cancel(self, message: ModelMessage, now: float) -> bool:
        """Bury a message that nobody holds; have a held one not come again."""
        if message.is_leased(now):
            message.cancelled = True
            return False
        self.bury(message, "cancelled", CANCELLED.text)
        return True

    def bury(self, message: ModelMessage, reason: str, error: str = "") -> None:
        message.reason, message.error = reason, error
        message.leased_until = message.deduplication = None
        self.dead[message.id] = self.live.pop(message.id)

    def redrive(
        self, queue: str, ids: Iterable[int] | None, limit: int | None, now: float
    ) -> int:
        """Send dead letters back, the oldest first; their tokens go on."""
        chosen = [
            message
            for number, message in sorted(self.dead.items())
            if message.queue == queue and (ids is None or number in ids)
        ][:limit]
        for message in chosen:
            message.deliveries = message.attempts = 0
            message.cancelled = False
            message.due_at, message.expires_at = now, float("inf")
            self.live[message.id] = self.dead.pop(message.id)
        return len(chosen)

    def purge(self, queue: str) -> int:
        """Remove all live messages of a queue."""
        messages = self.of(queue)
        for message in messages:
            del self.live[message.id]
        return len(messages)

    def count(self, queue: str, now: float) -> Counts:
        """Count the messages of a queue by state; an expired one is ready."""
        messages = self.of(queue)
        ready = sum(m.is_visible(now) for m in messages)
        in_flight = sum(m.is_leased(now) for m in messages)
        return Counts(
            ready=ready,
            in_flight=in_flight,
            delayed=len(messages) - ready - in_flight,
            dead=sum(m.queue == queue for m in self.dead.values()),
        )
