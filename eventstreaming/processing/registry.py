"""
What is to be run: queue handlers and subscriptions.

The decorators only record; nothing is read or opened before a worker runs.
"""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Literal, TypeVar

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import BUCKETS
from eventstreaming.events.queue_settings import LONGEST_TIMEOUT, MAX_COUNT
from eventstreaming.exceptions import HandlerConflict, InvalidType, InvalidValue
from eventstreaming.processing.delivery import (
    SESSION_TIMEOUT,
    Commit,
    Delivery,
    delivery_options,
)
from eventstreaming.processing.retry import Backoff, Errors, RetryPolicy
from eventstreaming.processing.schedule_definitions import ScheduleDefinition
from eventstreaming.processing.sources import Source
from eventstreaming.processing.starts import StartFrom, checked_start
from eventstreaming.types import Duration, Message, StoredEvent

Result = Coroutine[Any, Any, object] | object
MessageFunction = Callable[[Message], Result]
EventFunction = Callable[[StoredEvent], Result] | Callable[..., Result]
MessageTimeout = Callable[[Message], float | None]
MessageChoice = Callable[[Message], MessageFunction]
OnFailure = Literal["park", "stop", "skip"]
UnknownTypes = Literal["handle", "skip"]
PartitionBy = Literal["key", "event"]

M = TypeVar("M", bound=MessageFunction)
E = TypeVar("E", bound=EventFunction)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHandler:
    """A function that handles the messages of one queue."""

    queue: str
    function: MessageFunction
    retry: RetryPolicy
    visibility_timeout: float | None
    max_deliveries: int | None = None
    concurrency: int | None = None
    timeout: float | MessageTimeout | None = None
    # For a queue whose messages are of both kinds: which function, async or not, gets
    # a message in a worker. Elsewhere `function` gets them all.
    choice: MessageChoice | None = None
    store: str

    @property
    def name(self) -> str:
        return self.queue

    @property
    def kinds(self) -> frozenset[bool]:
        """Say whether messages are for async functions, for others, or for both."""
        if self.choice is not None:
            return frozenset({False, True})
        return frozenset({iscoroutinefunction(self.function)})

    def timeout_of(self, message: Message) -> float | None:
        """Return for how many seconds the function may handle a message."""
        if callable(self.timeout):
            return self.timeout(message)
        return self.timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSubscription:
    """A function that handles the events of one source, in order."""

    name: str
    source_text: str
    source: Source
    function: EventFunction
    retry: RetryPolicy
    event_types: list[str] | None
    on_failure: OnFailure
    batch_size: int | None
    store: str
    unknown_types: UnknownTypes = "handle"
    partitions: int = 1
    partition_by: PartitionBy = "key"
    delivery: Delivery = "exactly_once"
    commit: Commit = "batch"
    session_timeout: float = SESSION_TIMEOUT
    start_from: StartFrom = "beginning"


class Handlers:
    """A registry of what workers run."""

    def __init__(self) -> None:
        self.queues: dict[str, QueueHandler] = {}
        self.subscriptions: dict[str, EventSubscription] = {}
        self.schedules: dict[str, ScheduleDefinition] = {}
        self.discoverers: list[Callable[[], None]] = []

    def discover(self) -> None:
        """Have queues added that are known by their messages only."""
        for function in self.discoverers:
            function()

    def add_queue(self, handler: QueueHandler) -> None:
        """Raise HandlerConflict when the queue has another handler."""
        known = self.queues.get(handler.queue)
        if known is not None:
            _refuse_another("queue", handler.queue, known.function, handler.function)
        self.queues[handler.queue] = handler

    def add_subscription(self, subscription: EventSubscription) -> None:
        """Raise HandlerConflict when the name stands for another function."""
        known = self.subscriptions.get(subscription.name)
        if known is not None:
            _refuse_another(
                "subscription", subscription.name, known.function, subscription.function
            )
        self.subscriptions[subscription.name] = subscription

    def add_schedule(self, schedule: ScheduleDefinition) -> None:
        """Raise HandlerConflict when the name stands for another schedule."""
        known = self.schedules.setdefault(schedule.name, schedule)
        if known != schedule:
            raise HandlerConflict(
                f"schedule {schedule.name!r} is declared twice: {known.timetable} to "
                f"{known.queue!r}, and {schedule.timetable} to {schedule.queue!r}"
            )

    def names(self) -> list[str]:
        """Return the names that a worker can be told to run."""
        return sorted({*self.queues, *self.subscriptions})


handlers = Handlers()


def queue_handler(
    stream_name: str,
    *,
    max_attempts: int | None = None,
    max_deliveries: int | None = None,
    backoff: Backoff | None = None,
    dead_letter_on: Errors = (),
    concurrency: int | None = None,
    visibility_timeout: Duration | None = None,
    timeout: Duration | None = None,
    store: str = DEFAULT_ALIAS,
) -> Callable[[M], M]:
    """
    Let a function, sync or async, handle the messages of a queue.

    A return acknowledges the message, an exception is a failed attempt: it is
    delivered again after `backoff` (see RetryPolicy; default: the queue's), and
    goes to the dead letters after `max_attempts` (default: the queue's, else
    5), or at once when it is one of the types `dead_letter_on`. So does a
    message that was delivered `max_deliveries` times (default: the queue's,
    else 20) without an answer: it may be killing its worker. The message stays
    hidden while the function runs. A worker runs at most `concurrency` of them at
    a time (default: the queue's, else its threads).

    A function that runs for longer than `timeout` seconds (default: the queue's) is
    interrupted: an async one is cancelled, in another one HandlerTimeout is raised
    at the next line of Python that it comes to. Either way that is a failed
    attempt with the error HandlerTimeout. A function that settles the message itself,
    with `message.atomic()` say, is left alone; its `message.nack()` obeys the
    same policy.
    Raise HandlerConflict when the queue has a handler already.
    """
    queue = arguments.stream_name(stream_name)
    lease = (
        None
        if visibility_timeout is None
        else arguments.visibility_timeout(visibility_timeout)
    )
    longest = (
        None
        if timeout is None
        else arguments.seconds(timeout, "timeout", LONGEST_TIMEOUT, minimum=0.001)
    )
    retry = RetryPolicy(max_attempts, backoff, dead_letter_on)
    deliveries = arguments.optional_integer(
        max_deliveries, "max_deliveries", 1, MAX_COUNT
    )
    bound = arguments.optional_integer(concurrency, "concurrency", 1, MAX_COUNT)

    def register(function: M) -> M:
        handlers.add_queue(
            QueueHandler(
                queue=queue,
                function=_callable(function),
                retry=retry,
                visibility_timeout=lease,
                timeout=longest,
                max_deliveries=deliveries,
                concurrency=bound,
                store=store,
            )
        )
        return function

    return register


def subscription(
    source: str,
    *,
    name: str,
    event_types: Iterable[str] | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
    on_failure: OnFailure | None = None,
    unknown_types: UnknownTypes = "handle",
    batch_size: int | None = None,
    partitions: int = 1,
    partition_by: PartitionBy = "key",
    delivery: Delivery = "exactly_once",
    commit: Literal["each", "batch", "manual"] | Duration | None = None,
    session_timeout: Duration | None = None,
    start_from: StartFrom = "beginning",
    store: str = DEFAULT_ALIAS,
) -> Callable[[E], E]:
    """
    Let a function, sync or async, handle the events of a source, in order.

    `source` is a stream ("orders"), a category ("order-*") or "*". Each event
    is handled exactly once as far as the store's database is concerned: what
    the function writes there and the checkpoint commit together, for `batch_size`
    events at once and 0.1 seconds at most (default 100, and up to 1,000 where
    functions take no time). When one fails, the others of its batch may be handled
    a second time, what was written having been rolled back. A failing
    event is tried again after `backoff`, `max_attempts` times in all (default
    5). What happens then says `on_failure`: "stop", the subscription stops until
    it is resumed (the default); "skip", it passes over the event; "park" (the
    default where there are partitions), the events of that key are set aside from
    its first failure on, the others go on, and somebody decides about it. An
    event whose type no class in this process is
    registered for is handled as well: its `payload` raises, which stops the
    subscription; with `unknown_types="skip"` it is passed over.

    With `partitions`, so many are worked at the same time, by all workers
    together: events of one key (of one stream, where they have no key) stay in
    order, others do not wait for them. `partition_by="event"` spreads them
    without any order.

    `delivery="at_least_once"` is for effects outside the database: the function
    runs outside a transaction, and what was handled is committed after each
    "batch", "each" event, so many seconds, or "manual": then the function takes a
    second argument, which is called to commit all up to its event. What is not
    committed is handled again when the worker is silent for `session_timeout`
    (default 30 seconds). See once().

    A subscription that is new begins at `start_from`: the "beginning", the "end",
    a place (an offset in one stream, a position elsewhere), or a time. Raise
    HandlerConflict when the name is taken.
    """
    if on_failure not in (None, "park", "stop", "skip"):
        raise InvalidValue("on_failure", "must be 'park', 'stop' or 'skip'")
    if unknown_types not in ("handle", "skip"):
        raise InvalidValue("unknown_types", "must be 'handle' or 'skip'")
    if partition_by not in ("key", "event"):
        raise InvalidValue("partition_by", "must be 'key' or 'event'")
    if on_failure == "park" and commit == "manual":
        raise InvalidValue(
            "on_failure", "cannot be 'park' with commit='manual': it would commit"
        )
    committing, timeout = delivery_options(delivery, commit, session_timeout)
    share = arguments.integer(partitions, "partitions", 1, BUCKETS)
    parsed = Source.parse(source)
    types = arguments.type_names(event_types)
    retry = RetryPolicy(max_attempts, backoff)
    checked_name = arguments.stream_name(name, "name")
    size = batch_size
    if size is not None:
        size = arguments.integer(size, "batch_size", 1, 10_000)

    def register(function: E) -> E:
        handlers.add_subscription(
            EventSubscription(
                name=checked_name,
                source_text=source,
                source=parsed,
                function=_callable(function),
                retry=retry,
                event_types=types,
                on_failure=on_failure or _usual_failure(share, committing),
                unknown_types=unknown_types,
                batch_size=size,
                partitions=share,
                partition_by=partition_by,
                delivery=delivery,
                commit=committing,
                session_timeout=timeout,
                start_from=checked_start(start_from),
                store=store,
            )
        )
        return function

    return register


def _usual_failure(partitions: int, commit: Commit) -> OnFailure:
    return "park" if partitions > 1 and commit != "manual" else "stop"


def _callable(function: Any) -> Any:
    if not callable(function) or isinstance(function, type):
        raise InvalidType("function", "must be a function that takes one argument")
    return function


def _refuse_another(what: str, name: str, known: object, new: object) -> None:
    if _place(known) != _place(new):
        raise HandlerConflict(
            f"{what} {name!r} is handled by {_place(known)} already; "
            f"{_place(new)} cannot handle it, too"
        )


def _place(function: Any) -> str:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{function.__module__}.{name}"
