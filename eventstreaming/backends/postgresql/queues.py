"""Queues in PostgreSQL: enqueueing, claiming, and what ends a message."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from eventstreaming import clock
from eventstreaming.backends.database.queue_settings import QueueSettingsOperations
from eventstreaming.backends.failures import DELIVERED_TOO_OFTEN
from eventstreaming.backends.postgresql.dead_letters import RedriveOperations
from eventstreaming.backends.postgresql.leases import LeaseOperations, ids_and_leases
from eventstreaming.backends.relational import moment, worker_id
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import (
    EnqueueOptions,
    enqueue_options,
    new_message,
    new_messages,
)
from eventstreaming.events.limits import limits
from eventstreaming.events.patterns import matching
from eventstreaming.events.queue_settings import (
    MAX_COUNT,
    MAX_DELIVERIES,
    VISIBILITY_TIMEOUT,
)
from eventstreaming.events.values import from_json
from eventstreaming.types import (
    JSON,
    Duration,
    EnqueuedId,
    Message,
    QueueInfo,
)

COUNT_BOUND = 10_000
PROMOTE_EVERY = 1.0  # seconds, per process and queue
_encoder = msgspec.json.Encoder()
_promoted_at: dict[tuple[str, str], float] = {}

Row = tuple[Any, ...]


class QueueOperations(LeaseOperations, RedriveOperations, QueueSettingsOperations):
    """The ephemeral half of PostgreSQLEventStore."""

    def enqueue(
        self,
        stream_name: str,
        message: object,
        *,
        delay: Duration | None = None,
        priority: int = 0,
        group_key: str | None = None,
        deduplication_key: str | None = None,
        idempotency_key: str | None = None,
        expires_in: Duration | None = None,
        headers: Mapping[str, JSON] | None = None,
        correlation_id: str | None = None,
    ) -> EnqueuedId:
        """See services.enqueue(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        options = self._options(
            delay=delay,
            priority=priority,
            group_key=group_key,
            deduplication_key=deduplication_key,
            expires_in=expires_in,
            headers=headers,
            correlation_id=correlation_id,
        )
        if idempotency_key is not None:
            self._require("supports_idempotency", "idempotency_key")
        new = new_message(message)
        ((number,),) = self._execute(
            "enqueue",
            {
                **_option_values(stream_name, options),
                "message_type": new.message_type,
                "schema_version": new.schema_version,
                "data": new.json.decode(),
            },
        )
        return EnqueuedId(str(number))

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
        """See services.enqueue_many(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        options = self._options(
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
        document = [
            {"t": m.message_type, "v": m.schema_version, "d": msgspec.Raw(m.json)}
            for m in new
        ]
        rows = self._execute(
            "enqueue_many",
            {
                **_option_values(stream_name, options),
                "messages": _encoder.encode(document).decode(),
            },
        )
        return [EnqueuedId(str(number)) for (number,) in rows]

    def dequeue_many(
        self,
        stream_name: str,
        limit: int,
        visibility_timeout: Duration | None = None,
        *,
        max_deliveries: int | None = None,
    ) -> list[Message]:
        """See services.dequeue_many(). One statement while messages are ready."""
        stream_name = arguments.stream_name(stream_name)
        limit = arguments.integer(limit, "limit", 1, limits().messages_per_dequeue)
        timeout = (
            None
            if visibility_timeout is None
            else arguments.visibility_timeout(visibility_timeout)
        )
        maximum = arguments.optional_integer(
            max_deliveries, "max_deliveries", 1, MAX_COUNT
        )
        self._refuse_lease_in_transaction(stream_name)
        self._promote(stream_name)
        return self._claim(stream_name, limit, timeout, maximum)

    def pop(self, stream_name: str) -> Message | None:
        """See services.pop()."""
        stream_name = arguments.stream_name(stream_name)
        self._promote(stream_name)
        while True:
            rows = self._execute("pop", _lane(stream_name))
            if not rows:
                return None
            if not rows[0][13]:
                return self._message(stream_name, rows[0])

    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info()."""
        stream_name = arguments.stream_name(stream_name)
        bound = None if arguments.flag(exact, "exact") else COUNT_BOUND + 1
        ((*counts, oldest_age),) = self._execute(
            "queue_info", {"queue": stream_name, "bound": bound}
        )
        ready, in_flight, delayed, blocked, dead = (
            count if bound is None else min(count, COUNT_BOUND) for count in counts
        )
        return QueueInfo(
            stream_name=stream_name,
            ready=ready,
            in_flight=in_flight,
            delayed=delayed,
            blocked=blocked,
            dead=dead,
            oldest_age=oldest_age,
            exact=bound is None or max(counts[0] + counts[1], *counts[2:]) < bound,
        )

    def purge(self, stream_name: str) -> int:
        """See services.purge()."""
        return self._execute_count(
            "purge", {"queue": arguments.stream_name(stream_name)}
        )

    def _options(self, **options: Any) -> EnqueueOptions:
        checked = enqueue_options(**options)
        if checked.group_key is not None:
            self._require("supports_groups", "group_key")
        if checked.deduplication_key is not None:
            self._require("supports_deduplication", "deduplication_key")
        return checked

    def _claim(
        self,
        stream_name: str,
        limit: int,
        timeout: float | None,
        max_deliveries: int | None,
    ) -> list[Message]:
        """Lease up to `limit`; expired and poisonous messages are put away."""
        messages: list[Message] = []
        while len(messages) < limit:
            asked = limit - len(messages)
            rows = self._execute(
                "claim",
                {
                    **_lane(stream_name),
                    "limit": asked,
                    "timeout": timeout,
                    "max_deliveries": max_deliveries,
                    "worker_id": worker_id(),
                    "default_timeout": VISIBILITY_TIMEOUT,
                    "default_max_deliveries": MAX_DELIVERIES,
                },
            )
            rows.sort(key=_claim_order)  # an UPDATE returns in no order
            expired = [self._message(stream_name, row) for row in rows if row[13]]
            poison = [
                self._message(stream_name, row)
                for row in rows
                if row[14] and not row[13]
            ]
            if expired:
                self.acknowledge_many(stream_name, expired)
            if poison:
                self._bury(poison)
            messages += [
                self._message(stream_name, row)
                for row in rows
                if not (row[13] or row[14])
            ]
            if len(rows) < asked or not (expired or poison):
                break
        return messages

    def _bury(self, messages: list[Message]) -> None:
        self._execute_count(
            "bury",
            {
                **ids_and_leases(messages),
                "error": DELIVERED_TOO_OFTEN.text,
            },
        )

    def _promote(self, stream_name: str) -> None:
        """
        Make due messages ready, at most once a second.

        Before the claim, whatever the backlog is: else a retried message would
        wait until the queue is empty.
        """
        now = clock.monotonic()
        lane = self.database, stream_name
        if now - _promoted_at.get(lane, -PROMOTE_EVERY) < PROMOTE_EVERY:
            return
        promoted = self._execute_count("promote", {"queue": stream_name})
        if promoted < 1000:
            _promoted_at[lane] = now

    def _message(self, stream_name: str, row: Row) -> Message:
        return Message(
            stream_name=stream_name,
            message_id=str(row[0]),
            message_type=row[2],
            schema_version=row[3],
            data=from_json(row[4]),
            headers=from_json(row[5]) if row[5] else {},
            receipt=arguments.receipt_of(row[0], row[6]),
            fencing_token=row[6],
            priority=-row[1],
            group_key=row[7],
            deliveries=row[8],
            attempts=row[9],
            enqueued_at=moment(row[10]),
            visible_until=moment(row[11]),
            correlation_id=row[12],
            store=self,
        )


def _option_values(stream_name: str, options: EnqueueOptions) -> dict[str, Any]:
    return {
        "queue": stream_name,
        "rank": -options.priority,
        "delay": options.delay,
        "expires_in": options.expires_in,
        "headers": (
            _encoder.encode(options.headers).decode() if options.headers else None
        ),
        "correlation_id": options.correlation_id,
    }


def _lane(stream_name: str) -> dict[str, Any]:
    """Return a queue, and where its settings may stand."""
    return {"queue": stream_name, "settings": list(matching(stream_name))}


def _claim_order(row: Row) -> tuple[int, int]:
    return row[1], row[0]
