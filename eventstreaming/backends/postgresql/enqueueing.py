"""Enqueueing in PostgreSQL: one message by a function, many by COPY."""

from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from eventstreaming.backends.database.enqueueing_once import EnqueueOnceOperations
from eventstreaming.backends.postgresql.copying import column_text, json_text
from eventstreaming.backends.postgresql.leases import LeaseOperations
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import (
    EnqueueOptions,
    NewMessage,
    enqueue_options,
    new_message,
    new_messages,
)
from eventstreaming.types import JSON, Duration, EnqueuedId

_encoder = msgspec.json.Encoder()


class EnqueueOperations(LeaseOperations, EnqueueOnceOperations):
    """Putting messages into a queue."""

    def enqueue(
        self,
        stream_name: str,
        message: object,
        *,
        delay: Duration | None = None,
        priority: int = 0,
        group_key: str | None = None,
        deduplication_key: str | None = None,
        deduplication_window: Duration | None = None,
        idempotency_key: str | None = None,
        expires_in: Duration | None = None,
        headers: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
    ) -> EnqueuedId:
        """See services.enqueue(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        options = enqueue_options(
            delay=delay,
            priority=priority,
            group_key=group_key,
            deduplication_key=deduplication_key,
            deduplication_window=deduplication_window,
            expires_in=expires_in,
            headers=headers,
            correlation_id=correlation_id,
        )
        new = new_message(message)
        enqueue = partial(self._enqueue, stream_name, options, new)
        if options.deduplication_window is not None:
            enqueue = partial(
                self._enqueue_unless_recent, stream_name, options, enqueue
            )
        if idempotency_key is None:
            return enqueue()
        return self._enqueue_once(
            stream_name,
            arguments.required_text(idempotency_key, "idempotency_key"),
            new,
            enqueue,
        )

    def _enqueue(
        self, stream_name: str, options: EnqueueOptions, new: NewMessage
    ) -> EnqueuedId:
        ((number,),) = self._execute(
            "enqueue",
            {
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
            },
        )
        self._enqueued(stream_name, options)
        return EnqueuedId(str(abs(number)), created=number > 0)

    def enqueue_many(
        self,
        stream_name: str,
        messages: Iterable[object],
        *,
        delay: Duration | None = None,
        priority: int = 0,
        group_key: str | None = None,
        expires_in: Duration | None = None,
        headers: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
    ) -> list[EnqueuedId]:
        """See services.enqueue_many(). One transaction: draw ids, and COPY."""
        stream_name = arguments.stream_name(stream_name)
        options = enqueue_options(
            delay=delay,
            priority=priority,
            group_key=group_key,
            deduplication_key=None,
            expires_in=expires_in,
            headers=headers,
            correlation_id=correlation_id,
        )
        new = new_messages(messages)
        if not new:
            return []
        with self.all_or_none():
            ((drawn, due_at, expires_at, held),) = self._execute(
                "draw_message_ids",
                {
                    "queue": stream_name,
                    "count": len(new),
                    "delay": options.delay or None,
                    "expires_in": options.expires_in,
                    "group_key": options.group_key,
                },
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
        self._enqueued(stream_name, options)
        return [EnqueuedId(number) for number in ids]

    def _enqueued(self, stream_name: str, options: EnqueueOptions) -> None:
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
        self.announce_messages(stream_name)

    def _wake_group(self, stream_name: str, group_key: str) -> None:
        self._execute("wake_group", {"queue": stream_name, "group_key": group_key})


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
    return [
        f"{number}\t{shared}\t{message.message_type}\t{message.schema_version}"
        f"\t{json_text(message.json)}\n"
        for number, message in zip(ids, new, strict=True)
    ]
