"""The stores under test, and how time passes for each."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import connections
from django.db.models import Case, F, When

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.backends.memory import MemoryEventStore, reset
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.clock import SimulatedClock
from eventstreaming.models import DeadLetter, Message
from eventstreaming.models.queues import NEVER


class Subject:
    """A store for one example after another; each has names of its own."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.store = self.make_store()

    def make_store(self) -> BaseEventStore:
        """Return the store."""
        raise NotImplementedError

    def advance(self, queues: Collection[str], seconds: float) -> None:
        """Let time pass for these queues."""
        self.clock.advance(seconds)

    def time(self) -> datetime:
        """Return what the store takes for now."""
        return datetime.now(UTC)

    def settle(self) -> None:
        """Wait for what may be a second late."""

    def lose_connection(self) -> None:
        """Lose what a crash of the process would end."""

    def end(self) -> None:
        """Clear up after an example."""


class MemorySubject(Subject):
    def make_store(self) -> BaseEventStore:
        return MemoryEventStore("statemachine")

    def time(self) -> datetime:
        return self.clock.now()

    def end(self) -> None:
        reset("statemachine")


class DatabaseSubject(Subject):
    """A database has its own clock, so all that it has dated becomes older."""

    def advance(self, queues: Collection[str], seconds: float) -> None:
        super().advance(queues, seconds)
        by = timedelta(seconds=seconds)
        database = self.store.database
        Message.objects.using(database).filter(queue__in=queues).update(
            enqueued_at=F("enqueued_at") - by,
            due_at=F("due_at") - by,
            expires_at=F("expires_at") - by,
            leased_until=Case(
                When(leased_until__gt=NEVER, then=F("leased_until") - by),
                default=F("leased_until"),
            ),
        )
        DeadLetter.objects.using(database).filter(queue__in=queues).update(
            enqueued_at=F("enqueued_at") - by
        )

    def settle(self) -> None:
        """A look for due messages that was rolled back is repeated in a second."""
        self.clock.advance(1.0)

    def lose_connection(self) -> None:
        assert self.store.database is not None
        connections[self.store.database].close()


class SQLiteSubject(DatabaseSubject):
    def make_store(self) -> BaseEventStore:
        return DatabaseEventStore("statemachine", database="sqlite")


class PostgreSQLSubject(DatabaseSubject):
    def make_store(self) -> BaseEventStore:
        return PostgreSQLEventStore("statemachine")
