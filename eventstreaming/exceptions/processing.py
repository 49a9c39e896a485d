"""What can go wrong with handlers, subscriptions and the tests of them."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from eventstreaming.exceptions.base import EventStreamingError


class HandlerConflict(EventStreamingError, ImproperlyConfigured):
    """Two handlers or subscriptions share one name, or a stored one differs."""


class UnknownSubscription(EventStreamingError, LookupError):
    """No worker has run a subscription of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no subscription {name!r}")
        self.name = name


class PartitionLost(EventStreamingError):
    """Another worker has the partition: its lease had ended, or it was resized."""

    def __init__(self, subscription: str, partition: int) -> None:
        super().__init__(
            f"subscription {subscription!r}: the lease of partition {partition} is "
            "lost; what was not committed is handled again"
        )
        self.subscription = subscription
        self.partition = partition


class ParkedEventNotFound(EventStreamingError, LookupError):
    """The subscription has not parked such an event, or no longer."""

    def __init__(self, subscription: str, position: int) -> None:
        super().__init__(
            f"subscription {subscription!r} has not parked an event at position "
            f"{position}"
        )
        self.subscription = subscription
        self.position = position


class NeverIdle(EventStreamingError):
    """A test ran handlers until nothing is left, and there was always more."""

    def __init__(self, limit: int, names: Sequence[str]) -> None:
        shown = ", ".join(sorted(set(names)))
        if len(shown) > 200:
            shown = f"{shown[:200]} …"
        super().__init__(
            f"still not idle after {limit:,} calls of handlers; the last ones were of "
            f"{shown}: they go on for ever, or `limit` is too low"
        )
        self.limit = limit
        self.names = list(names)
