"""Watching the worker until everything is processed."""

import time
from collections.abc import Iterator

from demo_project.shop.demo import DemoFailed, interrupts
from demo_project.shop.demo.programs import Program
from demo_project.shop.models import Invoice, Order
from eventstreaming import queue_info, stream_info
from eventstreaming.models import Checkpoint, Saga, Subscription

SUBSCRIPTION = "customer-spending"
PATIENCE = 60.0  # seconds without any progress
INTERVAL = 0.1
UNFINISHED = [Saga.State.RUNNING, Saga.State.WAITING, Saga.State.COMPENSATING]


def check_worker(worker: Program) -> None:
    """Raise DemoFailed when the worker has ended."""
    if worker.poll() is not None:
        raise DemoFailed(
            f"The worker has ended with exit code {worker.returncode}; its last words "
            "are above."
        )


def waiting_messages() -> int:
    """Return how many messages are to be handled, those to come counted in."""
    # In this order: a notification in hand becomes an e-mail before it goes.
    notifications = queue_info("order-notifications", exact=True).depth
    return 2 * notifications + queue_info("email-queue", exact=True).depth


def until_processed(worker: Program) -> Iterator[int]:
    """
    Iterate over what remains to be done, until nothing does.

    Raise DemoFailed when the worker ends, stops the subscription, or makes no
    progress for a while.
    """
    remaining = _remaining()
    deadline = time.monotonic() + PATIENCE
    while remaining:
        yield remaining
        interrupts.check()
        check_worker(worker)
        time.sleep(INTERVAL)
        before, remaining = remaining, _remaining()
        if remaining != before:
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise DemoFailed(
                f"The worker has done nothing for {PATIENCE:.0f} s, with {remaining} "
                "messages, events and sagas left; look at them in the admin."
            )


def _remaining() -> int:
    """Return how many messages, events and sagas are left."""
    sagas = Saga.objects.filter(state__in=UNFINISHED).count()
    invoices = Order.objects.count() - Invoice.objects.count()
    return waiting_messages() + _lag() + sagas + invoices


def _lag() -> int:
    """Return how many events of `orders` the read model has not seen."""
    _refuse_stopped()
    checkpoint = Checkpoint.objects.filter(subscription__name=SUBSCRIPTION).first()
    reached = -1
    if checkpoint is not None and checkpoint.offset is not None:
        reached = checkpoint.offset
    return stream_info("orders").last_offset - reached


def _refuse_stopped() -> None:
    """Raise DemoFailed when a subscription has stopped at an event that fails."""
    stopped = Checkpoint.objects.select_related("subscription").filter(
        subscription__state=Subscription.State.STOPPED
    )
    for checkpoint in stopped.exclude(error=""):
        raise DemoFailed(
            f"The subscription {checkpoint.subscription} is stopped: {checkpoint.error}"
        )
