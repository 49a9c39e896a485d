"""Enqueueing in PostgreSQL: one message by a function, many by COPY."""

from functools import partial
from typing import Any

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming.backends.database.enqueueing_once import EnqueueOnceOperations
from eventstreaming.backends.postgresql.announced import AnnouncedStatements
from eventstreaming.backends.postgresql.bound import Params
from eventstreaming.backends.postgresql.copying import column_text, json_texts
from eventstreaming.backends.postgresql.leases import LeaseOperations
from eventstreaming.backends.waking.topics import queue_topic
from eventstreaming.events.enqueue_options import PLAIN, EnqueueOptions
from eventstreaming.events.envelopes import NewMessage
from eventstreaming.types import EnqueuedId

_encoder = msgspec.json.Encoder()


class EnqueueOperations(AnnouncedStatements, LeaseOperations, EnqueueOnceOperations):
    """Putting messages into a queue."""

    def write_message(
        self,
        stream_name: str,
        options: EnqueueOptions,
        new: NewMessage,
        idempotency_key: str | None,
    ) -> EnqueuedId:
        """See BaseQueues.write_message(). One statement, more where a key is kept."""
        window = options.deduplication_window
        if window is None and idempotency_key is None:
            return self._enqueue(stream_name, options, new)
        enqueue = partial(self._enqueue, stream_name, options, new)
        if window is not None:
            enqueue = partial(
                self._enqueue_unless_recent, stream_name, options, enqueue
            )
        if idempotency_key is None:
            return enqueue()
        return self._enqueue_once(stream_name, idempotency_key, new, enqueue)

    def _enqueue(
        self, stream_name: str, options: EnqueueOptions, new: NewMessage
    ) -> EnqueuedId:
        params: Params
        if options is PLAIN:  # fewer parameters take less time
            name = "enqueue_plain"
            params = (
                stream_name.encode(),
                new.message_type.encode(),
                b"%d" % new.schema_version,
                new.json,
            )
        else:
            name, params = "enqueue", _params(stream_name, options, new)
        connection = self.connection
        if _is_ready_at_once(options):
            topic = queue_topic(stream_name)
            rows, quiet = self._execute_announced(name, params, connection, topic)
            self._announce_on(connection, topic, quiet)
        else:
            rows = self._execute_bound(name, params, connection)
            self._enqueued(connection, stream_name, options)
        ((number,),) = rows
        return EnqueuedId(str(abs(number)), created=number > 0)

    def write_messages(
        self, stream_name: str, options: EnqueueOptions, new: list[NewMessage]
    ) -> list[EnqueuedId]:
        """See BaseQueues.write_messages(). One transaction: draw ids, and COPY."""
        connection = self.connection
        with self.all_or_none():
            ((drawn, due_at, expires_at, held),) = self._execute_bound(
                "draw_message_ids",
                {
                    "queue": stream_name,
                    "count": len(new),
                    "delay": options.delay or None,
                    "expires_in": options.expires_in,
                    "group_key": options.group_key,
                },
                connection,
            )
            ids = drawn.split(",")
            first, later = _states(options, held)
            shared = "\t".join(
                column_text(value)
                for value in (
                    due_at,
                    expires_at,
                    options.group_key,
                    options.correlation_id,
                    _headers(options),
                )
            )
            begin = f"{stream_name}\t{-options.priority}"
            lines = _lines(ids, new, f"{begin}\t{later}\t{shared}")
            if first != later:
                lines[0] = _lines(ids[:1], new[:1], f"{begin}\t{first}\t{shared}")[0]
            self._copy("copy_messages", "".join(lines))
        self._enqueued(connection, stream_name, options)
        return EnqueuedId.of_created(ids)

    def _enqueued(
        self,
        connection: BaseDatabaseWrapper,
        stream_name: str,
        options: EnqueueOptions,
    ) -> None:
        """
        Note when a message is due, or look at its group and announce it.

        The message before it may have gone while this transaction was open: then
        neither has seen the other.
        """
        if options.delay:
            self._lanes(stream_name).expect(options.delay)
            return
        if options.group_key is not None:
            self._after_commit(
                partial(self._wake_group, stream_name, options.group_key)
            )
        self._announce_on(connection, queue_topic(stream_name))

    def _wake_group(self, stream_name: str, group_key: str) -> None:
        self._execute("wake_group", {"queue": stream_name, "group_key": group_key})


def _params(
    stream_name: str, options: EnqueueOptions, new: NewMessage
) -> dict[str, Any]:
    return {
        "queue": stream_name,
        "message_type": new.message_type,
        "schema_version": new.schema_version,
        "data": new.json.decode(),
        "headers": _headers(options),
        "correlation_id": options.correlation_id,
        "rank": -options.priority,
        "delay": options.delay,
        "expires_in": options.expires_in,
        "group_key": options.group_key,
        "deduplication_key": options.deduplication_key,
    }


def _is_ready_at_once(options: EnqueueOptions) -> bool:
    """Say whether a message waits for no time, no other one and no transaction."""
    return options is PLAIN or not (
        options.delay
        or options.group_key is not None
        or options.deduplication_key is not None
    )


def _headers(options: EnqueueOptions) -> str | None:
    return _encoder.encode(options.headers).decode() if options.headers else None


def _states(options: EnqueueOptions, held: bool) -> tuple[int, int]:
    """Return the states of the first message and of those behind it."""
    if options.delay:
        return 1, 1
    if options.group_key is None:
        return 0, 0
    return (2 if held else 0), 2


def _lines(ids: list[str], new: list[NewMessage], shared: str) -> list[str]:
    """Return lines in the order of the columns of `sql/copy_messages.sql`."""
    texts = json_texts(message.json for message in new)
    return [
        f"{number}\t{shared}\t{message.message_type}\t{message.schema_version}"
        f"\t{text}\n"
        for number, message, text in zip(ids, new, texts, strict=True)
    ]
