"""Subscriptions that a test runs itself, batch by batch."""

from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.sources import Source
from eventstreaming.processing.subscriptions import SubscriptionRunner
from eventstreaming.types import StoredEvent


def runner(
    source: str, name: str = "tested", batch_size: int = 100
) -> tuple[SubscriptionRunner, list[StoredEvent]]:
    """Return a prepared subscription, and the list of what it has handled."""
    handled: list[StoredEvent] = []
    made = SubscriptionRunner(
        EventSubscription(
            name=name,
            source_text=source,
            source=Source.parse(source),
            function=handled.append,
            retry=RetryPolicy(),
            event_types=None,
            on_failure="stop",
            batch_size=batch_size,
            store="default",
        )
    )
    made.prepare()
    return made, handled
