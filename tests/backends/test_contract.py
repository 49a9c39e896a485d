"""The contract, run on every store."""

from collections import Counter
from inspect import getsource

from django.test import SimpleTestCase, TransactionTestCase

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.memory import MemoryEventStore, reset
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.testing import EventStoreContract


class MemoryEventStoreTests(EventStoreContract, SimpleTestCase):
    """In simulated time, so nothing waits."""

    def setUp(self) -> None:
        self.clock = clock.SimulatedClock()
        self.enterContext(clock.use_clock(self.clock))
        self.addCleanup(reset, "contract")
        super().setUp()

    def make_store(self) -> BaseEventStore:
        return MemoryEventStore("contract")

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


class PostgreSQLEventStoreTests(EventStoreContract, TransactionTestCase):
    def make_store(self) -> BaseEventStore:
        return PostgreSQLEventStore("contract")


def test_no_part_of_the_contract_hides_a_test_of_another() -> None:
    names = Counter(
        name
        for part in EventStoreContract.__mro__
        for name in vars(part)
        if name.startswith("test_")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_part_of_the_contract_skips_the_tests_of_another() -> None:
    """A setUp() runs before the tests of every part."""
    own = [part.setUp for part in EventStoreContract.__mro__ if "setUp" in vars(part)]
    assert len(own) > 3
    assert [f.__qualname__ for f in own if "self.requires(" in getsource(f)] == []
