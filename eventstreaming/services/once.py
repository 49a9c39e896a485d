"""The public functions for what is done once, however often it is delivered."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.types import Message, StoredEvent


def once(
    key: str | StoredEvent | Message,
    *,
    scope: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> AbstractContextManager[bool]:
    """
    Open a transaction; give True to who comes first with a key, and False later.

        with once(event) as first:
            if first:
                Shipment.objects.create(order_id=event.data["order_id"])

    The key is noted in that transaction, so what the block writes is there exactly
    once; if it raises, all is rolled back and the next one is first. Who comes
    at the same time waits for the end. An event or message is its own key. `scope`
    keeps the keys of different handlers apart; it is the subscription or queue
    whose handler runs, and InvalidValue is raised where there is none. Keys are
    forgotten after 30 days, by `manage.py prunestreams`.
    """
    return event_stores[store].once(key, scope=scope)


def aonce(
    key: str | StoredEvent | Message,
    *,
    scope: str | None = None,
    store: str = DEFAULT_ALIAS,
) -> AbstractAsyncContextManager[bool]:
    """See once()."""
    return event_stores[store].aonce(key, scope=scope)
