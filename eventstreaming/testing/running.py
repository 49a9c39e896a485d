"""Running handlers in a test: in its thread, its connection, its transaction."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from inspect import iscoroutinefunction
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.twins import async_function
from eventstreaming.events import arguments
from eventstreaming.events.signals import tell_done, tell_failed
from eventstreaming.exceptions import InvalidValue, LeaseLost, NeverIdle
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.calls import handle_message_here
from eventstreaming.processing.leased import runner_of
from eventstreaming.processing.registry import (
    EventSubscription,
    Handlers,
    QueueHandler,
    handlers,
)
from eventstreaming.processing.settling import HandlersStore
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.testing.as_committed import as_committed
from eventstreaming.testing.memory_subscriptions import MemorySubscriptionRunner
from eventstreaming.types import Duration, Message, StoredEvent

LIMIT = 1_000
MARGIN = 0.002  # seconds: SQLite's clock has milliseconds
LONGEST_AHEAD = 100 * 366 * 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class HandlerRun:
    """
    One call of a handler: the queue's or subscription's name, what it was given,
    and the error that it raised.
    """

    name: str
    given: Message | StoredEvent
    error: BaseException | None = None


def run_until_idle(
    *names: str,
    errors: Literal["raise", "collect"] = "raise",
    ahead: Duration = 0.0,
    limit: int = LIMIT,
    registry: Handlers | None = None,
) -> list[HandlerRun]:
    """
    Run queue handlers and subscriptions until nothing is left; return the calls.

    That is what a worker does, but in the caller's thread: inside a `TestCase`
    handlers, async ones too, see what the test has written and not committed, and
    it sees what they write. What they append and enqueue is handled as well. The
    queues and subscriptions are those named, or all. A handler's
    `transaction.on_commit()` functions are called after it.

    The first error of a handler is raised once the message or event is put back
    as a worker does it; with `errors="collect"` the calls go on, retries by the
    handler's policy included, and the errors are in the result.

    What is delayed, by its backoff say, stays where it is, unless it is due within
    the seconds `ahead`: then time passes in the stores until it is, see
    pass_time(), and so on until so much time has passed. Stopped subscriptions and
    paused queues are left alone.

    Raise NeverIdle after `limit` calls, and InvalidValue for a name that nobody
    has declared.
    """
    if errors not in ("raise", "collect"):
        raise InvalidValue("errors", "must be 'raise' or 'collect'")
    limit = arguments.integer(limit, "limit", 1, 1_000_000)
    seconds = arguments.seconds(ahead, "ahead", LONGEST_AHEAD)
    drain = _Drain(registry or handlers, names, errors, limit)
    while True:
        while drain.step():
            pass
        passed = drain.pass_time(seconds)
        if passed is None:
            return drain.runs
        seconds -= passed


arun_until_idle = async_function(run_until_idle)


class _Drain:
    def __init__(
        self, registry: Handlers, names: Sequence[str], errors: str, limit: int
    ) -> None:
        registry.discover()
        for name in names:
            if name not in registry.names():
                known = ", ".join(registry.names()) or "none"
                raise InvalidValue(
                    "name", f"nothing is called {name!r}; known are {known}"
                )
        self.runs: list[HandlerRun] = []
        self._raises = errors == "raise"
        self._limit = limit
        queues = [h for h in registry.queues.values() if not names or h.name in names]
        by_store = attrgetter("store")
        self._queues = [
            (alias, {handler.queue: handler for handler in group})
            for alias, group in groupby(sorted(queues, key=by_store), by_store)
        ]
        self._subscriptions = [
            _runner(replace(subscription, function=self._noting(subscription)))
            for subscription in registry.subscriptions.values()
            if not names or subscription.name in names
        ]
        for runner in self._subscriptions:
            runner.prepare()

    def step(self) -> bool:
        """Run one message, or a batch of a subscription; say if there was one."""
        return any(self._run_message(*item) for item in self._queues) or any(
            self._run_batch(runner) for runner in self._subscriptions
        )

    def pass_time(self, most: float) -> float | None:
        """
        Let time pass until something that waits is due; return the seconds.

        Return None, and let no time pass, if that were more than `most`.
        """
        if not most:
            return None
        names = [runner.subscription.name for runner in self._subscriptions]
        queues = [queue for _, by_queue in self._queues for queue in by_queue]
        stores = self._stores()
        waits = [store.seconds_to_next(queues, names) for store in stores]
        wait = min((found for found in waits if found is not None), default=None)
        if wait is None or wait > most:
            return None
        for store in stores:
            store.pass_time(wait + MARGIN)
        return wait

    def _stores(self) -> list[BaseEventStore]:
        """Return a store for each place where messages and checkpoints are."""
        aliases = {alias for alias, _ in self._queues}
        aliases |= {runner.subscription.store for runner in self._subscriptions}
        stores = [event_stores[alias] for alias in sorted(aliases)]
        return list({store.database or store.alias: store for store in stores}.values())

    def _run_message(self, alias: str, by_queue: dict[str, QueueHandler]) -> bool:
        store = event_stores[alias]
        terms = {
            queue: LeaseTerms(handler.visibility_timeout, handler.max_deliveries)
            for queue, handler in by_queue.items()
        }
        for message in store.claim_many(terms, 1):
            handler = by_queue[message.stream_name]
            own = HandlersStore(message, handler.retry)
            began = clock.monotonic()
            try:
                with as_committed():
                    handle_message_here(handler.function, own.give(message))
            except Exception as error:
                with suppress(LeaseLost):  # it was answered before it failed
                    again = store.nack(
                        message.stream_name,
                        message.message_id,
                        receipt=message.receipt,
                        error=error,
                        **handler.retry.decision(message.attempts + 1, error),
                    )
                    tell_failed(message, error, dead_letter=not again)
                self._note(HandlerRun(handler.name, message, error))
            else:
                if not own.answered:
                    store.acknowledge_many(message.stream_name, [message])
                tell_done(message, clock.monotonic() - began)
                self._note(HandlerRun(handler.name, message))
            return True
        return False

    def _run_batch(self, runner: SubscriptionRunner | MemorySubscriptionRunner) -> bool:
        before = len(self.runs)
        with as_committed():
            result = runner.run_batch()
        for run in self.runs[before:]:
            self._raise(run)
        return result in (BatchResult.PROGRESSED, BatchResult.FAILED)

    def _noting(self, subscription: EventSubscription) -> Callable[..., Any]:
        """Return the subscription's function, whose calls are noted."""
        function: Callable[..., Any] = subscription.function

        def note(event: StoredEvent, error: BaseException | None = None) -> None:
            self.runs.append(HandlerRun(subscription.name, event, error))

        async def run_async(event: StoredEvent, **more: Any) -> None:
            try:
                await function(event, **more)
            except BaseException as error:
                note(event, error)
                raise
            note(event)

        def run(event: StoredEvent, **more: Any) -> None:
            try:
                function(event, **more)
            except BaseException as error:
                note(event, error)
                raise
            note(event)

        return run_async if iscoroutinefunction(function) else run

    def _note(self, run: HandlerRun) -> None:
        self.runs.append(run)
        self._raise(run)

    def _raise(self, run: HandlerRun) -> None:
        """Raise what the test wants to see, or what is no error of a handler."""
        if run.error is not None and (
            self._raises or not isinstance(run.error, Exception)
        ):
            raise run.error
        if len(self.runs) >= self._limit:
            raise NeverIdle(self._limit, [item.name for item in self.runs[-10:]])


def _runner(
    subscription: EventSubscription,
) -> SubscriptionRunner | MemorySubscriptionRunner:
    if event_stores[subscription.store].database is None:
        return MemorySubscriptionRunner(subscription)
    return runner_of(subscription, careful=True)
