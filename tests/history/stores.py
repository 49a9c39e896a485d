"""A store that records every operation on it, the workers' own ones too."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.backends.postgresql.lanes import Lanes
from eventstreaming.events import arguments
from eventstreaming.types import (
    ANY_VERSION,
    Duration,
    EnqueuedId,
    EventData,
    Message,
    StoredEvent,
)
from tests.history.contents import Content, content_of
from tests.history.recorder import Recorder, recorder_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ_OPTIONS = ("to_offset", "limit", "backwards", "event_types")


class RecordingStore(PostgreSQLEventStore):
    """
    The real store; its steps go to a file of `history` named after `process`.

    Events are given as EventData, messages as EventData or a dict, with a
    unique "item" in their data, durations as seconds.
    """

    def __init__(
        self, alias: str, *, history: str, process: str, **options: Any
    ) -> None:
        super().__init__(alias, **options)
        self.recorder: Recorder = recorder_of(history, process)

    def atomic(self, **about: Any) -> AbstractContextManager[None]:
        """Record a transaction, or a savepoint in one, and what happens inside."""
        return self.recorder.atomic(self.database, **about)

    def append(
        self, stream_name: str, events: Iterable[EventData], **options: Any
    ) -> list[StoredEvent]:
        events = [events] if isinstance(events, EventData) else list(events)
        expected = options.get("expected_version", ANY_VERSION)
        with self._step(
            "append",
            stream=stream_name,
            expected=expected if isinstance(expected, int) else repr(expected),
            contents=[content_of(event.type, event.data) for event in events],
        ) as result:
            stored = super().append(stream_name, events, **options)
            result["places"] = [
                [event.offset, event.position, str(event.event_id)] for event in stored
            ]
        return stored

    def read_stream(
        self, stream_name: str, from_offset: int | None = None, **options: Any
    ) -> Iterator[StoredEvent]:
        return self._read(
            super().read_stream, stream_name, [stream_name], from_offset, options
        )

    def read_category(
        self, category: str, from_position: int | None = None, **options: Any
    ) -> Iterator[StoredEvent]:
        return self._read(
            super().read_category, f"{category}-*", [category], from_position, options
        )

    def read_all(
        self, from_position: int | None = None, **options: Any
    ) -> Iterator[StoredEvent]:
        return self._read(super().read_all, "*", [], from_position, options)

    def enqueue(
        self, stream_name: str, message: EventData | dict[str, Any], **options: Any
    ) -> EnqueuedId:
        with self._enqueue_step(stream_name, [message], options) as result:
            message_id = super().enqueue(stream_name, message, **options)
            result["ids"] = [int(message_id)]
        return message_id

    def enqueue_many(
        self,
        stream_name: str,
        messages: Iterable[EventData | dict[str, Any]],
        **options: Any,
    ) -> list[EnqueuedId]:
        messages = list(messages)
        with self._enqueue_step(stream_name, messages, options) as result:
            ids = super().enqueue_many(stream_name, messages, **options)
            result["ids"] = [int(message_id) for message_id in ids]
        return ids

    def _claim_all(
        self, queues: Mapping[str, LeaseTerms], lanes: dict[str, Lanes], limit: int
    ) -> list[Message]:
        """Record what all deliveries come from."""
        terms = {
            name: asked._replace(
                visibility_timeout=asked.visibility_timeout
                or self.queue_settings(name).visibility_timeout
            )
            for name, asked in queues.items()
        }
        with ExitStack() as steps:
            results = {
                name: steps.enter_context(
                    self._step(
                        "dequeue",
                        queue=name,
                        limit=limit,
                        timeout=asked.visibility_timeout,
                        asked_at=self._database_now(),
                    )
                )
                for name, asked in terms.items()
            }
            messages = super()._claim_all(terms, lanes, limit)
            for name, result in results.items():
                result["deliveries"] = [
                    _delivery(message)
                    for message in messages
                    if message.stream_name == name
                ]
        return messages

    def pop(self, stream_name: str) -> Message | None:
        with self._step("pop", queue=stream_name) as result:
            message = super().pop(stream_name)
            result["deliveries"] = [] if message is None else [_delivery(message)]
        return message

    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool:
        with self._step(
            "acknowledge", queue=stream_name, messages=[_lease(message_id, receipt)]
        ) as result:
            removed = super().acknowledge(stream_name, message_id, receipt=receipt)
            result["lost"] = [] if removed else [int(message_id)]
        return removed

    def acknowledge_many(
        self, stream_name: str, messages: Iterable[Message]
    ) -> list[Message]:
        messages = list(messages)
        with self._step(
            "acknowledge", queue=stream_name, messages=_leases(messages)
        ) as result:
            lost = super().acknowledge_many(stream_name, messages)
            result["lost"] = [int(message.message_id) for message in lost]
        return lost

    def nack(
        self,
        stream_name: str,
        message_id: str,
        *,
        receipt: str | None = None,
        **options: Any,
    ) -> bool:
        with self._step(
            "nack",
            queue=stream_name,
            messages=[_lease(message_id, receipt)],
            dead_letter=options.get("dead_letter", False),
            max_attempts=options.get("max_attempts"),
        ) as result:
            again = super().nack(stream_name, message_id, receipt=receipt, **options)
            result["again"] = again
        return again

    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        with self._step(
            "extend",
            queue=stream_name,
            messages=[_lease(message_id, receipt)],
            timeout=timeout,
        ) as result:
            until = super().extend_visibility(
                stream_name, message_id, timeout, receipt=receipt
            )
            result["until"] = _microseconds(until)
        return until

    def extend_many(
        self, messages: Iterable[Message], timeout: Duration
    ) -> list[Message]:
        messages = list(messages)
        with self._step(
            "extend", messages=_leases(messages), timeout=timeout
        ) as result:
            lost = super().extend_many(messages, timeout)
            result["lost"] = [int(message.message_id) for message in lost]
        return lost

    def release(self, messages: Iterable[Message]) -> None:
        messages = list(messages)
        with self._step("release", messages=_leases(messages)):
            super().release(messages)

    def release_worker(
        self,
        worker_id: str,
        queues: Iterable[str],
        *,
        begun: Collection[str] | None = None,
    ) -> list[str]:
        with self._step("release_worker", worker=worker_id) as result:
            receipts = super().release_worker(worker_id, queues, begun=begun)
            result["messages"] = [
                [int(number), arguments.receipt(receipt, int(number))]
                for receipt in receipts
                for number in [receipt.partition(":")[0]]
            ]
        return receipts

    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        limit: int | None = None,
    ) -> int:
        chosen = None if ids is None else list(ids)
        with self._step(
            "redrive",
            queue=stream_name,
            ids=None if chosen is None else [int(number) for number in chosen],
        ) as result:
            count = super().redrive(stream_name, chosen, limit=limit)
            result["count"] = count
        return count

    def purge(self, stream_name: str) -> int:
        with self._step("purge", queue=stream_name) as result:
            count = super().purge(stream_name)
            result["count"] = count
        return count

    @contextmanager
    def message_atomic(self, message: Message) -> Iterator[None]:
        with (
            self.recorder.block() as block,
            super().message_atomic(message),
            block.body(),
        ):
            yield

    def _bury(self, messages: list[Message], *why: Any) -> None:
        with self._step("bury", messages=_leases(messages)):
            super()._bury(messages, *why)

    def _read(
        self,
        read: Any,
        source: str,
        where: list[str],
        start: int | None,
        options: dict[str, Any],
    ) -> Iterator[StoredEvent]:
        """Read everything at once, as one step."""
        asked = {name: options[name] for name in _READ_OPTIONS if name in options}
        with self._step("read", source=source, start=start, **asked) as result:
            events = list(read(*where, start, **options))
            result["events"] = [
                [
                    event.stream_name,
                    event.offset,
                    event.position,
                    str(event.event_id),
                    *content_of(event.event_type, event.data),
                ]
                for event in events
            ]
        return iter(events)

    def _enqueue_step(
        self, queue: str, messages: list[Any], options: dict[str, Any]
    ) -> AbstractContextManager[dict[str, Any]]:
        headers = options.get("headers")
        return self._step(
            "enqueue",
            queue=queue,
            contents=[_message_content(message, headers) for message in messages],
            expires="expires_in" in options,
        )

    @contextmanager
    def _step(self, name: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """
        Record an operation on a connection that is there.

        Without one nothing is begun. Inside a transaction that is not recorded
        the outcome depends on a commit that nobody has written down.
        """
        self.connection.ensure_connection()
        if self.connection.in_atomic_block and not self.recorder.in_block:
            arguments["loose"] = True
        with self.recorder.step(name, **arguments) as result:
            yield result

    def _database_now(self) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return _microseconds(cursor.fetchone()[0])


def _message_content(message: EventData | dict[str, Any], headers: Any) -> Content:
    if isinstance(message, EventData):
        return content_of(message.type, message.data, headers)
    return content_of("", message, headers)


def _delivery(message: Message) -> dict[str, Any]:
    item, digest = content_of(message.message_type, message.data, message.headers)
    return {
        "id": int(message.message_id),
        "token": message.fencing_token,
        "deliveries": message.deliveries,
        "attempts": message.attempts,
        "until": _microseconds(message.visible_until),
        "item": item,
        "digest": digest,
    }


def _lease(message_id: str, receipt: str | None) -> list[int | None]:
    number = int(message_id)
    return [number, arguments.receipt(receipt, number)]


def _leases(messages: list[Message]) -> list[list[int]]:
    return [[int(m.message_id), m.fencing_token] for m in messages]


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
