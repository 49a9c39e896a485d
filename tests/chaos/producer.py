"""The client that appends and enqueues."""

import time
from contextlib import suppress

from eventstreaming import EventData, event_store
from eventstreaming.exceptions import WrongExpectedVersion
from tests.chaos.client import Client, RolledBack
from tests.chaos.models import Written

ACCOUNTS = 12
CONTESTED = 3


class Producer(Client):
    """Does one random thing at a time."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self._heads: dict[str, int] = {}
        self._things = {
            self.append: 3,
            self.append_at_version: 2,
            self.order: 4,
            self.enqueue: 2,
            self.enqueue_many: 1,
        }

    def act(self) -> None:
        if self.calm:
            return
        things, weights = self._things.keys(), self._things.values()
        (thing,) = self.random.choices(list(things), list(weights))
        thing()

    def append(self) -> None:
        """Append some events to a stream that others append to as well."""
        count = self.random.randint(1, 5)
        event_store.append(self._account(), [self._event() for _ in range(count)])

    def append_at_version(self) -> None:
        """Append where the head was when this producer looked last."""
        stream = f"contested-{self.random.randrange(CONTESTED)}"
        expected = self._heads.get(stream, -1)
        try:
            stored = event_store.append(
                stream, [self._event()], expected_version=expected
            )
        except WrongExpectedVersion as conflict:
            self._heads[stream] = conflict.actual
        else:
            self._heads[stream] = stored[-1].offset

    def order(self) -> None:
        """Write a row, an event and a message in one transaction, or none."""
        data = self.new_data()
        with event_store.atomic(writes=data["item"]):
            event_store.append(self._account(), [EventData("Ordered", data)])
            if self.random.random() < 0.2:
                with suppress(RolledBack), event_store.atomic():
                    event_store.append(self._account(), [self._event()])
                    raise RolledBack
            time.sleep(self.random.random() * 0.02)
            Written.objects.create(item=data["item"])
            event_store.enqueue(self._queue(), EventData("Order", data))
            if self.random.random() < 0.1:
                raise RolledBack

    def enqueue(self) -> None:
        """Enqueue one message, some of them for later."""
        delay = self.random.choice([None, None, 0.1, 0.5])
        event_store.enqueue(self._queue(), self.new_data(), delay=delay)

    def enqueue_many(self) -> None:
        """Enqueue a batch."""
        count = self.random.randint(2, 8)
        event_store.enqueue_many(self._queue(), [self.new_data() for _ in range(count)])

    def _event(self) -> EventData:
        return EventData("Happened", self.new_data())

    def _account(self) -> str:
        return f"account-{self.random.randrange(ACCOUNTS)}"

    def _queue(self) -> str:
        return self.random.choice(["jobs", "exact", "parcels"])
