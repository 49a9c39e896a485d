"""The tables of a store, and how it begins to write to them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import JSONField, QuerySet, Value

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.models import Event, Message, Stream
from eventstreaming.types import JSON


class Tables(RelationalStore):
    """The models, on the store's database."""

    @property
    def _streams(self) -> QuerySet[Stream]:
        return Stream.objects.using(self.database)

    @property
    def _events(self) -> QuerySet[Event]:
        return Event.objects.using(self.database)

    @property
    def _messages(self) -> QuerySet[Message]:
        return Message.objects.using(self.database)

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """
        See BaseEventStore.all_or_none(). What the block reads stays as it is.

        PostgreSQL does that with select_for_update(). SQLite has one lock, and
        waits for it only in a transaction that has read nothing yet, so the lock
        is taken at the beginning: by an update, though it finds nothing.
        """
        with transaction.atomic(using=self.database):
            if not self.connection.features.has_select_for_update:
                self._streams.filter(pk=0).update(next_offset=0)
            yield

    def batch(self) -> AbstractContextManager[None]:
        """See RelationalStore.batch(). On SQLite it reads, too, before it writes."""
        if self.connection.vendor == "sqlite":
            return self.all_or_none()
        return super().batch()

    def _delete(self, rows: QuerySet[Message]) -> int:
        """
        Delete messages in one statement, whose condition is that of `rows`.

        `rows.delete()` fetches them first and then deletes by key, as soon as
        any app listens to the signals of all models: a lease may end between.
        """
        return rows._raw_delete(self.database)

    def _moment(self, value: datetime) -> datetime:
        """Return an aware time; SQLite's own clock is in UTC."""
        if self.connection.vendor == "sqlite":
            return value.replace(tzinfo=UTC)
        return super()._moment(value)


def stored_json(value: JSON) -> Any:
    """Return what the ORM stores as JSON; a plain None is NULL to it."""
    return Value(None, JSONField()) if value is None else value
