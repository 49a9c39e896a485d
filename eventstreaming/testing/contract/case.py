"""What every part of the contract stands on: hooks, names and short forms."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from django.db import connections, transaction

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.types import EventData, Message, StoredEvent

if TYPE_CHECKING:
    from unittest import TestCase as Mixin
else:
    Mixin = object  # a mixin alone is no test case and never runs

R = TypeVar("R")

LONG = 60.0  # seconds; a lease that does not end during a test
SHORT = 1.0  # seconds; a lease or delay that a test sees the end of
PATIENCE = 10.0  # seconds; how long a message may take to become ready when due


class ContractCase(Mixin):
    """The hooks of the suite, and what its tests share."""

    store: BaseEventStore
    stream: str
    queue: str

    def make_store(self) -> BaseEventStore:
        """Return a store object; all that one test makes share their data."""
        raise NotImplementedError("define make_store() in the test case")

    def advance(self, seconds: float) -> None:
        """Let time pass for the store, without waiting if it can."""
        try:
            self.store.pass_time(seconds)
        except UnsupportedOperation:
            time.sleep(seconds)

    def atomic(self) -> AbstractContextManager[object]:
        """Open the caller's transaction."""
        return transaction.atomic(using=self.store.database)

    def end_thread(self) -> None:
        """Give back what this thread holds."""
        connections.close_all()

    def setUp(self) -> None:
        super().setUp()
        self.store = self.make_store()
        self.stream = self.new_name()
        self.queue = self.new_name()

    def new_name(self) -> str:
        """Return a name that no other test uses, without a `-`."""
        return f"contract:{uuid4().hex}"

    def requires(self, flag: str) -> None:
        """Skip the test unless the store has the capability."""
        if not getattr(self.store, flag):
            self.skipTest(f"{type(self.store).__name__}.{flag} is False")

    def part_requires(self, part: type, flag: str) -> None:
        """
        Skip the tests that one part defines unless the store has the capability.

        For its setUp(), which runs before the tests of all other parts, too.
        """
        if self._testMethodName in vars(part):
            self.requires(flag)

    def requires_lack_of(self, flag: str) -> None:
        """Skip the test if the store has the capability."""
        if getattr(self.store, flag):
            self.skipTest(f"{type(self.store).__name__}.{flag} is True")

    def append_numbers(
        self, *numbers: int, stream: str | None = None
    ) -> list[StoredEvent]:
        """Append one event of the type Counted for each number."""
        events = [EventData("Counted", {"number": number}) for number in numbers]
        return self.store.append(stream or self.stream, events)

    def assert_numbers(self, events: Iterable[StoredEvent], *numbers: int) -> None:
        """Compare what `append_numbers()` wrote."""
        self.assertEqual([event.data["number"] for event in events], list(numbers))

    def enqueue_numbers(self, *numbers: int, queue: str | None = None) -> list[str]:
        """Enqueue one message for each number; return their ids."""
        messages = [{"number": number} for number in numbers]
        return list(self.store.enqueue_many(queue or self.queue, messages))

    def lease(self, timeout: float = LONG, *, wait: float | None = None) -> Message:
        """Dequeue a message; fail the test when there is none."""
        message = self.store.dequeue(self.queue, timeout, wait=wait)
        if message is None:
            self.fail("no message is ready")
        return message

    def lease_when_due(self, timeout: float = LONG) -> Message:
        """Dequeue a message whose time has come; it may take a moment."""
        return self.lease(timeout, wait=PATIENCE)

    def assert_nothing_ready(self) -> None:
        self.assertIsNone(self.store.dequeue(self.queue, LONG))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that another thread does; fail when it does not."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"waited {PATIENCE:.0f} s in vain")
            time.sleep(0.01)

    def in_threads(self, *functions: Callable[[BaseEventStore], R]) -> list[R]:
        """Call each with a store in a thread of its own, all at the same time."""
        barrier = Barrier(len(functions))

        def call(function: Callable[[BaseEventStore], R]) -> R:
            try:
                store = self.make_store()
                barrier.wait(timeout=PATIENCE)
                return function(store)
            finally:
                self.end_thread()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(call, functions))

    def in_thread(self, function: Callable[[BaseEventStore], R]) -> R:
        """Call a function with a store in another thread: as somebody else."""
        return self.in_threads(function)[0]
