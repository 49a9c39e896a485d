"""
Appending one record of which nothing is said but its type and data, as most are.

It takes fewer steps of Python than the other appends, which would take a fifth more of
everybody's time where many processes append. It is made of the same parts, and a test
holds it against them.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Any
from uuid import UUID

from eventstreaming import clock
from eventstreaming.backends.own_connection import own_connection
from eventstreaming.backends.postgresql import wire
from eventstreaming.backends.postgresql.announced import AnnouncedStatements
from eventstreaming.backends.postgresql.bound import Params, of_texts, plain_driver
from eventstreaming.backends.postgresql.expected_versions import (
    append_error,
    version_number,
)
from eventstreaming.backends.postgresql.kept_texts import (
    known_streams,
    known_types,
    stream_texts,
    type_texts,
)
from eventstreaming.backends.postgresql.wire import Texts
from eventstreaming.backends.relational import moment
from eventstreaming.backends.waking.announcing import announced_until
from eventstreaming.backends.waking.topics import stream_topic
from eventstreaming.backends.waking.waiters import known_waiters
from eventstreaming.events import arguments, values
from eventstreaming.events.correlation import NO_CORRELATION, correlation_in_force
from eventstreaming.events.envelopes import bucket_of
from eventstreaming.events.ids import DrawnId, as_uuid, draw_id
from eventstreaming.events.limits import limits
from eventstreaming.events.observing import observers
from eventstreaming.events.signals import events_appended, tell_appended
from eventstreaming.types import ANY_VERSION, JSON, ExpectedVersion, StoredEvent

MOST_CONCURRENT = 10_000  # names of streams that a store remembers

Place = tuple[int, int, datetime]  # offset, position, time


class ShortAppends(AnnouncedStatements):
    """
    A store in PostgreSQL whose shortest appends cost as little as they can.

    A subclass that writes events in a way of its own is asked for each append.
    """

    _writes_as_ever = False

    def __init__(self, alias: str, **options: Any) -> None:
        super().__init__(alias, **options)
        # Streams that were concurrent at the last append. The server looks again.
        self._concurrent: set[str] = set()

    def append(
        self,
        stream_name: str,
        events: Iterable[object] | object,
        *,
        expected_version: ExpectedVersion = ANY_VERSION,
        key: str | None = None,
        idempotency_key: str | None = None,
        metadata: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> list[StoredEvent]:
        """See services.append()."""
        cls: type = type(events)
        bounds = limits()
        kind = known_types.get(cls) or type_texts(cls)
        stream = known_streams.get(stream_name) if type(stream_name) is str else None
        if stream is None or stream.limits is not bounds:
            stream = stream_texts(stream_name, bounds)
        if (
            not self._writes_as_ever
            or key is not None
            or idempotency_key is not None
            or metadata is not None
            or correlation_id is not None
            or causation_id is not None
            or observers
            or correlation_in_force() is not NO_CORRELATION
            or stream is None
            or kind is None
            or (data := kind.dump(events)) is None
            or len(json := values.encode(data)) > bounds.data_bytes
        ):
            return super().append(
                stream_name,
                events,
                expected_version=expected_version,
                key=key,
                idempotency_key=idempotency_key,
                metadata=metadata,
                correlation_id=correlation_id,
                causation_id=causation_id,
            )
        if expected_version is not ANY_VERSION:
            expected_version = arguments.expected_version(expected_version)
        drawn = draw_id()
        texts = (
            stream.name,
            drawn.hex.encode(),
            kind.name,
            kind.version,
            stream.bucket,
            json,
        )
        written = None
        if expected_version is ANY_VERSION:
            written = self._write_alone(stream_name, stream.topic, drawn, texts)
        event_id, offset, position, timestamp = written or (
            as_uuid(drawn),
            *self._write_texts(stream_name, expected_version, texts),
        )
        stored = StoredEvent(
            stream_name=stream_name,
            offset=offset,
            position=position,
            event_id=event_id,
            event_type=kind.event_type,
            data=data,
            metadata={},
            schema_version=kind.schema_version,
            key=None,
            correlation_id=None,
            causation_id=None,
            timestamp=timestamp,
        )
        if events_appended.receivers:
            tell_appended(self, stream_name, [stored])
        return [stored]

    def _write_plain(
        self,
        stream_name: str,
        expected: ExpectedVersion,
        event_id: UUID,
        event_type: str,
        schema_version: int,
        json: bytes,
    ) -> Place:
        """Write an event that has nothing but a type and data. See _write_one()."""
        texts = (
            stream_name.encode(),
            b"%032x" % event_id.int,
            event_type.encode(),
            b"%d" % schema_version,
            b"%d" % bucket_of(stream_name),
            json,
        )
        return self._write_texts(stream_name, expected, texts)

    def _write_alone(
        self, stream_name: str, topic: str, drawn: DrawnId, texts: Texts
    ) -> tuple[UUID, int, int, datetime] | None:
        """
        Write an event with ANY_VERSION by a statement, and return its id and Place.

        None, and nothing is written, where it takes more: a transaction is to begin
        with it, others are to be told of it, or something is wrong.
        """
        connection = own_connection(self.database)
        quiet_until = announced_until(self.database, topic) if self._notifies else inf
        if (
            connection.in_atomic_block
            or connection.needs_rollback
            or stream_name in self._concurrent
            or quiet_until <= clock.monotonic()
            or (driver := plain_driver(connection)) is None
        ):
            return None
        try:
            done = wire.text_by(driver, of_texts("append_any"), texts, as_uuid, drawn)
        except Exception:
            with connection.wrap_database_errors:
                raise
        if done is None:
            return None
        written, event_id = done
        if written is None or written[1] != ",":
            return None
        _, offset, position, timestamp = written[1:-1].split(",")
        if quiet_until <= clock.monotonic() or known_waiters(self._place) is not None:
            self._announce_on(connection, topic, quiet_until)
        if offset == position:
            self._note_concurrent(stream_name)
        return event_id, int(offset), int(position), moment(timestamp.strip('"'))

    def _write_texts(
        self, stream_name: str, expected: ExpectedVersion, params: Texts
    ) -> Place:
        if expected is not ANY_VERSION:
            params += (b"%d" % version_number(expected),)
            return self._write_one("append_plain", params, stream_name, expected)
        if stream_name in self._concurrent:
            with suppress(_NotConcurrent):
                return self._write_one(
                    "append_concurrent", params, stream_name, expected
                )
            self._concurrent.discard(stream_name)
        return self._write_one("append_any", params, stream_name, expected)

    def _write_one(
        self, name: str, params: Params, stream_name: str, expected: ExpectedVersion
    ) -> Place:
        """
        Write an event by a statement, announce it, and return where and when it is.

        Raise as write_events() does, and _NotConcurrent if a statement for a concurrent
        stream has found none.
        """
        connection = own_connection(self.database)
        topic = stream_topic(stream_name)
        rows, quiet = self._execute_announced(name, params, connection, topic)
        ((written,),) = rows
        if written is None:
            raise _NotConcurrent
        problem, offset, position, timestamp = written[1:-1].split(",")
        if problem:
            raise append_error(problem, stream_name, expected, int(offset or -1))
        self._announce_on(connection, topic, quiet)
        if (
            offset == position
            and expected is ANY_VERSION
            and stream_name not in self._concurrent
        ):
            self._note_concurrent(stream_name)
        return int(offset), int(position), moment(timestamp.strip('"'))

    def _note_concurrent(self, stream_name: str) -> None:
        if len(self._concurrent) >= MOST_CONCURRENT:
            self._concurrent.clear()
        self._concurrent.add(stream_name)


class _NotConcurrent(Exception):
    """What was taken for a concurrent stream is none; nothing was written."""
