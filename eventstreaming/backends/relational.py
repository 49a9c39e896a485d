"""What stores on a Django database share: the connection, and whose transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.fences import FenceHolder, FenceStatus
from eventstreaming.backends.following import Resting
from eventstreaming.backends.own_connection import own_connection
from eventstreaming.backends.reading import BucketRange, read_request
from eventstreaming.backends.resting import RestingConnection, is_in_transaction
from eventstreaming.backends.statements import statement
from eventstreaming.backends.waking.announcing import announce
from eventstreaming.backends.waking.listening import ListenedWaiters
from eventstreaming.backends.waking.waiters import (
    Waiters,
    known_waiters,
    waiters_at,
)
from eventstreaming.exceptions import (
    InvalidEventStore,
    LeaseInTransaction,
    UnsafeIsolation,
)
from eventstreaming.types import Message, StoredEvent

_SAFE_ISOLATION = ("read committed", "read uncommitted")


class RelationalStore(BaseEventStore):
    """A store on the database that the option `database` names."""

    supports_transactions = True
    is_shared = True
    is_durable = True
    vendors: tuple[str, ...] = ()

    def __init__(
        self,
        alias: str,
        *,
        database: str = DEFAULT_DB_ALIAS,
        notify: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(alias, **options)
        if not isinstance(notify, bool):
            raise InvalidEventStore(
                f"EVENT_STORES[{alias!r}]: OPTIONS notify must be a bool"
            )
        if database not in connections.settings:
            raise InvalidEventStore(
                f"EVENT_STORES[{alias!r}]: OPTIONS database {database!r} is not in "
                "DATABASES"
            )
        self.database: str = database
        vendor = self.connection.vendor
        self._notifies = notify and vendor == "postgresql"
        self._place = (database, self._notifies)  # where one waits for what is written
        if vendor not in self.vendors:
            raise InvalidEventStore(
                f"EVENT_STORES[{alias!r}]: {type(self).__name__} needs "
                f"{' or '.join(self.vendors)}, the database {database!r} is {vendor}"
            )

    @property
    def connection(self) -> BaseDatabaseWrapper:
        """Return this thread's connection."""
        return own_connection(self.database)

    @property
    def waiters(self) -> Waiters:
        """See BaseWaking.waiters. Stores on one database share them."""
        make = partial(ListenedWaiters, self.database) if self._notifies else Waiters
        return waiters_at(self._place, make)

    def announce(self, topic: str) -> None:
        """See BaseWaking.announce(). Nothing is sent if the caller rolls back."""
        self._announce_on(self.connection, topic)

    def _announce_on(
        self, connection: BaseDatabaseWrapper, topic: str, quiet_until: float = -inf
    ) -> None:
        """
        Announce on the connection that wrote: to look it up again takes longer.

        Until `quiet_until`, by the clock, other processes need not be told.
        """
        if quiet_until > clock.monotonic() and known_waiters(self._place) is None:
            return  # as most are
        if connection.in_atomic_block:
            tell = partial(self._tell, connection, topic)
            connection.on_commit(tell, robust=True)
        elif connection.autocommit:  # what was written is committed
            self._tell(connection, topic, quiet_until)

    def after_commit(self, function: Callable[[], object]) -> None:
        """See BaseWaking.after_commit()."""
        connection = self.connection
        if connection.in_atomic_block:
            connection.on_commit(function, robust=True)
        elif connection.get_autocommit():
            function()

    def _tell(
        self, connection: BaseDatabaseWrapper, topic: str, quiet_until: float = -inf
    ) -> None:
        waiters = known_waiters(self._place)
        if waiters is not None:
            waiters.ring(topic)
        # A test runs the hooks of its own transaction inside it.
        if (
            self._notifies
            and quiet_until <= clock.monotonic()
            and not connection.in_atomic_block
            and not _was_begun_by_hand(connection)
        ):
            announce(connection, topic, self._notify)

    def _notify(self, connection: BaseDatabaseWrapper, topic: str) -> None:
        """
        Send a NOTIFY past Django's cursor, on a connection that is in no transaction.

        Whether one is sent depends on time, and tests count queries.
        """
        driver: Any = connection.connection
        driver.execute(statement("notify"), {"topic": topic})

    def _after_commit(self, function: Callable[[], object]) -> None:
        """
        Call a function once others see what was done, unless it is rolled back.

        Nobody says when who commits by hand does so: then it is called at once.
        """
        connection = self.connection
        if connection.in_atomic_block or connection.get_autocommit():
            connection.on_commit(function, robust=True)
        else:
            function()

    def resting(self, source: str) -> Resting:
        """See BaseReading.resting(). It is a connection."""
        return RestingConnection(self.database, source)

    def all_or_none(self) -> AbstractContextManager[Any]:
        """See BaseEventStore.all_or_none()."""
        return transaction.atomic(using=self.database)

    def own_block(self) -> AbstractContextManager[Any]:
        """See BaseStreams.own_block()."""
        return transaction.atomic(using=self.database)

    def batch(self) -> AbstractContextManager[None]:
        """
        Return a transaction for a batch of a subscription.

        READ COMMITTED whatever the database's default is: the batch reads below
        a fence that it takes after it has begun.
        """
        return self._read_committed()

    @contextmanager
    def _read_committed(self) -> Iterator[None]:
        with transaction.atomic(using=self.database):
            connection = self.connection
            if connection.vendor == "postgresql" and len(connection.atomic_blocks) == 1:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            yield

    @contextmanager
    def message_atomic(self, message: Message) -> Iterator[None]:
        """See types.Message.atomic()."""
        with self.batch():
            yield
            message.acknowledge()

    def fence(self) -> int:
        """See BaseEventStore.fence(). PostgreSQL keeps it; see its migration."""
        ((fence, isolation),) = self._execute("fence", {})
        if isolation not in _SAFE_ISOLATION:
            connection = self.connection
            if connection.in_atomic_block or not connection.get_autocommit():
                raise UnsafeIsolation(isolation)
        return int(fence)

    def fence_status(self) -> FenceStatus:
        """See BaseReading.fence_status()."""
        if self.connection.vendor != "postgresql":
            return super().fence_status()
        ((last, fence),) = self._execute("fence_status", {})
        holders = self._execute("fence_holders", {}) if fence < last else ()
        return FenceStatus(last, fence, tuple(FenceHolder(*row) for row in holders))

    def next_events(
        self,
        category: str | None,
        after: int,
        limit: int,
        event_types: list[str] | None,
        *,
        buckets: BucketRange | None = None,
        until: int | None = None,
    ) -> tuple[Sequence[StoredEvent], int]:
        """See BaseStreams.next_events()."""
        fence = self.fence()
        if until is not None:
            fence = min(fence, until)
        request = read_request(
            after + 1,
            None,
            field="position",
            limit=limit,
            backwards=False,
            event_types=event_types,
            batch_size=limit,
            follow=False,
        )
        request = replace(request, high=fence, buckets=buckets)
        return self.fetch_positions(category, request, limit), fence

    def _execute(self, name: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that has some."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement(name), params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _execute_count(self, name: str, params: dict[str, Any]) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(statement(name), params)
            return int(cursor.rowcount)

    def _copy(self, name: str, text: str) -> None:
        """Give a COPY statement its lines."""
        connection = self.connection
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(statement(name)) as copy,
        ):
            copy.write(text)

    def _refuse_lease_in_transaction(self, stream_name: str) -> None:
        if is_in_transaction(self.connection):
            raise LeaseInTransaction(stream_name)

    def _moment(self, value: datetime) -> datetime:
        """Return an aware time; without USE_TZ the driver gives local ones."""
        if value.tzinfo is None:
            return value.replace(tzinfo=ZoneInfo(self.connection.timezone_name))
        return value


def moment(text: str) -> datetime:
    """
    Return the time that PostgreSQL sent as text.

    The driver's loader is plain Python and takes 4 µs, this takes a tenth, and it
    is aware without USE_TZ, too.
    """
    value = datetime.fromisoformat(text)
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _was_begun_by_hand(connection: BaseDatabaseWrapper) -> bool:
    """Say whether psycopg's connection is in a transaction Django knows nothing of."""
    driver: Any = connection.connection
    return driver is not None and driver.info.transaction_status.name != "IDLE"
