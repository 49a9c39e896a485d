"""The contract on the ORM's store: SQLite in both modes, and PostgreSQL."""

from unittest import mock

from django.db import connections
from django.test import TransactionTestCase

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.testing import EventStoreContract
from eventstreaming.testing.contract.appending import AppendingContract
from eventstreaming.testing.contract.batches import BatchContract
from eventstreaming.testing.contract.concurrency import ConcurrencyContract
from eventstreaming.testing.contract.deferring import DeferringContract
from eventstreaming.testing.contract.idempotency import IdempotencyContract
from eventstreaming.testing.contract.leases import LeaseContract
from eventstreaming.testing.contract.transactions import TransactionContract


class SQLiteTests(EventStoreContract, TransactionTestCase):
    """As `startproject` leaves it: a transaction begins as a reader."""

    databases = {"sqlite"}

    def make_store(self) -> BaseEventStore:
        return DatabaseEventStore("contract", database="sqlite")


class ImmediateSQLiteTests(
    AppendingContract,
    BatchContract,
    ConcurrencyContract,
    DeferringContract,
    IdempotencyContract,
    LeaseContract,
    TransactionContract,
    TransactionTestCase,
):
    """As the check recommends it: what depends on when a transaction locks."""

    databases = {"sqlite"}

    def make_store(self) -> BaseEventStore:
        return DatabaseEventStore("contract", database="sqlite")

    def setUp(self) -> None:
        connection = connections["sqlite"]
        options = {"transaction_mode": "IMMEDIATE"}
        self.enterContext(mock.patch.dict(connection.settings_dict["OPTIONS"], options))
        connection.close()
        self.addCleanup(connection.close)
        super().setUp()


class PostgreSQLTests(EventStoreContract, TransactionTestCase):
    def make_store(self) -> BaseEventStore:
        return DatabaseEventStore("contract")
