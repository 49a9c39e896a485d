"""A subscription's checkpoint: never past the fence, and one wait for all workers."""

from unittest import mock

import pytest

from eventstreaming import EventData, append, event_store
from eventstreaming.models import Checkpoint
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.sources import Source
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent
from tests.sessions import execute, sessions

pytestmark = pytest.mark.django_db(transaction=True)


class Handler:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.handled: list[int] = []

    def __call__(self, event: StoredEvent) -> None:
        if self.error:
            raise self.error
        self.handled.append(event.position)


def runner(handler: Handler, source: str = "*", **retry: object) -> SubscriptionRunner:
    made = SubscriptionRunner(
        EventSubscription(
            name="tested",
            source_text=source,
            source=Source.parse(source),
            function=handler,
            retry=RetryPolicy(**retry),  # type: ignore[arg-type]
            event_types=None,
            on_failure="stop",
            batch_size=100,
            store="default",
        )
    )
    made.prepare()
    return made


def test_fence_that_goes_back_between_two_looks_loses_nothing() -> None:
    """A writer reads the last position, is held up, and marks it late."""
    handler = Handler()
    subscription = runner(handler)
    append("a", EventData("A", {}))
    before = event_store.fence()
    written = append("b", [EventData("B", {})] * 10)
    with sessions(1) as (late,):
        late.begin()
        store = subscription.store
        real = store.fence

        def fence_before_the_late_marker() -> int:
            fence = real()
            late.execute(
                "SELECT pg_advisory_xact_lock_shared("
                "'eventstreaming_event'::regclass::oid::int, %s)",
                [before],
            )
            return fence

        with mock.patch.object(
            store, "fence", side_effect=[fence_before_the_late_marker(), before]
        ):
            subscription.run_batch()
    while subscription.run_batch() is BatchResult.PROGRESSED:
        pass
    assert handler.handled[-10:] == [event.position for event in written]
    assert len(handler.handled) == 11


def test_backoff_is_waited_for_by_every_worker() -> None:
    append("a", EventData("A", {}))
    runners = [runner(Handler(ValueError("no")), backoff=60) for _ in range(3)]
    results = [one.run_batch() for one in runners]
    assert results == [BatchResult.FAILED, BatchResult.WAITING, BatchResult.WAITING]
    assert Checkpoint.objects.get().attempts == 1


def test_failed_event_is_handled_when_its_time_has_come() -> None:
    (event,) = append("a", EventData("A", {}))
    handler = Handler(ValueError("no"))
    subscription = runner(handler, backoff=60)
    subscription.run_batch()
    handler.error = None
    assert subscription.run_batch() is BatchResult.WAITING
    execute("UPDATE eventstreaming_checkpoint SET retry_at = now()")
    assert subscription.run_batch() is BatchResult.PROGRESSED
    assert handler.handled == [event.position]
    checkpoint = Checkpoint.objects.get()
    assert (checkpoint.attempts, checkpoint.error, checkpoint.retry_at) == (0, "", None)


def test_handler_that_exits_is_a_failed_attempt() -> None:
    append("a", EventData("A", {}))
    assert runner(Handler(SystemExit(1)), backoff=60).run_batch() is BatchResult.FAILED


def test_backoff_that_fails_itself_uses_the_default() -> None:
    append("a", EventData("A", {}))

    def broken(attempts: int, error: BaseException) -> float:
        raise IndexError

    assert (
        runner(Handler(ValueError()), backoff=broken).run_batch() is BatchResult.FAILED
    )


def test_unused_positions_are_passed() -> None:
    with sessions(1) as (other,):
        other.begin()
        other.run(append, "a", EventData("A", {}))
        other.rollback()
    subscription = runner(Handler())
    assert subscription.run_batch() is BatchResult.CAUGHT_UP
    assert Checkpoint.objects.get().position == event_store.fence()
