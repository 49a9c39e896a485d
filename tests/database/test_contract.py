"""The contract on the ORM's store: SQLite in both modes, and PostgreSQL."""

from unittest import mock

from django.db import connections
from django.test import TransactionTestCase

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.testing import EventStoreContract


class SQLiteTests(EventStoreContract, TransactionTestCase):
    """As `startproject` leaves it: a transaction begins as a reader."""

    databases = {"sqlite"}

    def make_store(self) -> BaseEventStore:
        return DatabaseEventStore("contract", database="sqlite")


class ImmediateSQLiteTests(SQLiteTests):
    """As the check recommends it."""

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
