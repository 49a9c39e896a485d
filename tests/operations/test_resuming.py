"""A subscription whose events were removed stops, and goes on when it is told to."""

import logging

import pytest

from eventstreaming import EventData, append, delete_stream, truncate_stream
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.operations.resuming import resume_subscriptions
from eventstreaming.processing.batch_results import BatchResult
from tests.operations.runners import runner

pytestmark = pytest.mark.django_db

NOTED = EventData("Noted", {})


def resume() -> list[int]:
    keys = Subscription.objects.values_list("pk", flat=True)
    return resume_subscriptions(keys, using="default")


def test_subscription_behind_a_truncated_start_stops_and_says_why() -> None:
    append("orders", [NOTED] * 10)
    subscription, handled = runner("orders", batch_size=2)
    assert subscription.run_batch() is BatchResult.PROGRESSED
    truncate_stream("orders", 5)
    assert subscription.run_batch() is BatchResult.STOPPED
    checkpoint = Checkpoint.objects.get()
    assert checkpoint.offset == 1
    assert "offset 2 is no longer kept; the first kept offset is 5" in checkpoint.error
    assert Subscription.objects.get().state == Subscription.State.STOPPED
    assert len(handled) == 2


def test_resumed_subscription_goes_on_with_the_first_kept_event() -> None:
    append("orders", [NOTED] * 10)
    subscription, handled = runner("orders", batch_size=2)
    subscription.run_batch()
    truncate_stream("orders", 5)
    subscription.run_batch()
    assert resume() == [Subscription.objects.get().pk]
    while subscription.run_batch() is BatchResult.PROGRESSED:
        pass
    assert [event.offset for event in handled] == [0, 1, 5, 6, 7, 8, 9]
    assert resume() == []


def test_subscription_that_has_read_what_was_removed_goes_on() -> None:
    append("orders", [NOTED] * 4)
    subscription, handled = runner("orders")
    subscription.run_batch()
    truncate_stream("orders", 4)
    append("orders", NOTED)
    assert subscription.run_batch() is BatchResult.PROGRESSED
    assert [event.offset for event in handled] == [0, 1, 2, 3, 4]


def test_new_subscription_begins_with_the_first_kept_event() -> None:
    append("orders", [NOTED] * 4)
    truncate_stream("orders", 3)
    subscription, handled = runner("orders")
    assert subscription.run_batch() is BatchResult.PROGRESSED
    assert [event.offset for event in handled] == [3]


def test_subscription_to_a_deleted_stream_stops() -> None:
    append("orders", NOTED)
    subscription, _ = runner("orders")
    subscription.run_batch()
    delete_stream("orders")
    assert subscription.run_batch() is BatchResult.STOPPED
    assert "was deleted" in Checkpoint.objects.get().error
    resume()
    assert subscription.run_batch() is BatchResult.STOPPED


def test_removal_names_the_subscriptions_that_have_not_read_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    append("order-1", [NOTED] * 4)
    behind = {"category": "order-*", "stream": "order-1", "whole": "*"}
    for name, source in behind.items():
        runner(source, name, batch_size=2)[0].run_batch()
    runner("order-1", "fast")[0].run_batch()
    runner("other-*", "elsewhere")[0].run_batch()
    caplog.clear()
    with caplog.at_level(logging.WARNING, "eventstreaming"):
        truncate_stream("order-1", 2)
        assert caplog.messages == []
        truncate_stream("order-1", 3)
    assert caplog.messages == [
        "stream order-1: events up to offset 2 are removed before they were read by "
        "category, stream, whole"
    ]
