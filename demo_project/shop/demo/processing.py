"""Watching the worker until everything is processed."""

import time
from collections.abc import Iterator

from demo_project.shop.demo import DemoFailed, interrupts
from demo_project.shop.demo.programs import Program
from eventstreaming import queue_info, stream_info
from eventstreaming.models import Checkpoint, Subscription

SUBSCRIPTION = "customer-spending"
PATIENCE = 60.0  # seconds without any progress
INTERVAL = 0.1


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
    remaining = waiting_messages() + _lag()
    deadline = time.monotonic() + PATIENCE
    while remaining:
        yield remaining
        interrupts.check()
        check_worker(worker)
        time.sleep(INTERVAL)
        before, remaining = remaining, waiting_messages() + _lag()
        if remaining != before:
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise DemoFailed(
                f"The worker has done nothing for {PATIENCE:.0f} s, with {remaining} "
                "messages and events left; look at the queues in the admin."
            )


def _lag() -> int:
    """Return how many events of `orders` the subscription has not handled."""
    checkpoint = (
        Checkpoint.objects.select_related("subscription")
        .filter(subscription__name=SUBSCRIPTION)
        .first()
    )
    reached = None
    if checkpoint is not None:
        reached = checkpoint.offset
        if checkpoint.subscription.state == Subscription.State.STOPPED:
            raise DemoFailed(
                f"The subscription {SUBSCRIPTION} is stopped: {checkpoint.error}"
            )
    return stream_info("orders").last_offset - (-1 if reached is None else reached)
