"""The client that leases messages."""

import time
from collections.abc import Callable

from eventstreaming import Message, event_store
from eventstreaming.exceptions import LeaseLost
from tests.chaos.client import Client

QUEUE = "parcels"
LEASE = 1.0  # seconds
TOO_LONG = 1.2 * LEASE


class Consumer(Client):
    """Answers in every way, in time and too late; sometimes not at all."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self._late: list[tuple[float, Message]] = []
        self._answers: dict[Callable[[Message], object], int] = {
            Message.acknowledge: 50,
            self.acknowledge_in_transaction: 10,
            self.extend_and_acknowledge: 10,
            self.nack: 10,
            self.nack_for_good: 5,
            self.keep_too_long: 10,
            self.abandon: 5,
        }

    def act(self) -> None:
        self.answer_late()
        limit = self.random.randint(1, 5)
        messages = event_store.dequeue_many(QUEUE, limit, LEASE)
        if messages and (self.calm or self.random.random() < 0.3):
            event_store.acknowledge_many(QUEUE, messages)
            return
        if messages and self.random.random() < 0.1:
            event_store.release(messages)
            return
        for message in messages:
            if message.deliveries == 2:
                self.keep_a_while(message)
                continue
            kinds, weights = self._answers.keys(), self._answers.values()
            (answer,) = self.random.choices(list(kinds), list(weights))
            self._try(answer, message)
        if not self.calm and self.random.random() < 0.05:
            self.redrive()

    def acknowledge_in_transaction(self, message: Message) -> None:
        with message.atomic():
            time.sleep(self.random.random() * 0.02)

    def extend_and_acknowledge(self, message: Message) -> None:
        message.extend(2 * LEASE)
        message.acknowledge()

    def nack(self, message: Message) -> None:
        event_store.nack(
            QUEUE,
            message.message_id,
            receipt=message.receipt,
            delay=self.random.choice([0, 0.1]),
            max_attempts=4,
        )

    def nack_for_good(self, message: Message) -> None:
        message.nack(dead_letter=True, error="not deliverable")

    def keep_too_long(self, message: Message) -> None:
        self._late.append((time.monotonic() + TOO_LONG, message))

    def keep_a_while(self, message: Message) -> None:
        """Hold a message whose former holder may be about to answer."""
        self._late.append((time.monotonic() + LEASE / 2, message))

    def abandon(self, message: Message) -> None:
        """Do nothing: the lease ends by itself."""

    def answer_late(self) -> None:
        """Answer what was kept; others may have it by now."""
        now = time.monotonic()
        due = [message for at, message in self._late if at <= now]
        self._late = [(at, message) for at, message in self._late if at > now]
        for message in due:
            answers = [Message.acknowledge, self.nack, self.extend_and_acknowledge]
            self._try(self.random.choice(answers), message)

    def redrive(self) -> None:
        """Send dead letters back, by name or the oldest ones."""
        letters = event_store.dead_letters(QUEUE, limit=20)
        if self.random.random() < 0.5:
            event_store.redrive(QUEUE, [letter.message_id for letter in letters])
        else:
            event_store.redrive(QUEUE, limit=5)

    def _try(self, answer: Callable[[Message], object], message: Message) -> None:
        try:
            answer(message)
        except LeaseLost:
            return
