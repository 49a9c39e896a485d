"""Queues by the ORM: enqueueing, leasing, and counting."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Now

from eventstreaming.backends.database.cancelling import CancelOperations
from eventstreaming.backends.database.enqueueing_once import EnqueueOnceOperations
from eventstreaming.backends.database.groups import DELAYED, IN_WORK, held_by_group
from eventstreaming.backends.database.leases import LeaseOperations, schedule
from eventstreaming.backends.database.tables import stored_json
from eventstreaming.backends.failures import CANCELLED, DELIVERED_TOO_OFTEN
from eventstreaming.backends.identity import worker_id
from eventstreaming.events import arguments
from eventstreaming.events.enqueue_options import EnqueueOptions
from eventstreaming.events.envelopes import NewMessage
from eventstreaming.events.limits import limits
from eventstreaming.events.queue_settings import MAX_COUNT, SKIP
from eventstreaming.events.signals import tell_buried
from eventstreaming.exceptions import DeliveredTooOften, MessageCancelled
from eventstreaming.models import Message as MessageRow
from eventstreaming.types import Duration, EnqueuedId, Message, QueueInfo

COUNT_BOUND = 10_000
STATES = ("ready", "in_flight", "delayed", "blocked", "dead")
READY, DEFERRED, BLOCKED = MessageRow.State

# A lease that has expired makes a message visible in its old place.
# Another store may have left one as blocked; here the condition of groups decides.
VISIBLE = Q(state__in=(READY, BLOCKED), leased_until__lte=Now()) | Q(
    state=DEFERRED, due_at__lte=Now()
)


class QueueOperations(CancelOperations, LeaseOperations, EnqueueOnceOperations):
    """The ephemeral half of DatabaseEventStore."""

    def write_message(
        self,
        stream_name: str,
        options: EnqueueOptions,
        new: NewMessage,
        idempotency_key: str | None,
    ) -> EnqueuedId:
        """See BaseQueues.write_message()."""
        enqueue = partial(self._enqueue, stream_name, options, new)
        if options.deduplication_window is not None:
            enqueue = partial(
                self._enqueue_unless_recent, stream_name, options, enqueue
            )
        if idempotency_key is None:
            return enqueue()
        return self._enqueue_once(stream_name, idempotency_key, new, enqueue)

    def _enqueue(
        self, stream_name: str, options: EnqueueOptions, new: NewMessage
    ) -> EnqueuedId:
        row = _row(stream_name, options, new)
        if row.deduplication_key is None:
            row.save(using=self.database, force_insert=True)
            enqueued = EnqueuedId(str(row.pk))
        else:
            with self.all_or_none():
                enqueued = self._save_once(row)
        self._announce(stream_name, options)
        return enqueued

    def write_messages(
        self, stream_name: str, options: EnqueueOptions, new: list[NewMessage]
    ) -> list[EnqueuedId]:
        """See BaseQueues.write_messages()."""
        rows = self._messages.bulk_create(
            _row(stream_name, options, message) for message in new
        )
        self._announce(stream_name, options)
        return [EnqueuedId(str(row.pk)) for row in rows]

    def _save_once(self, row: MessageRow) -> EnqueuedId:
        """Save a message unless another with its deduplication key lives."""
        same = self._messages.filter(
            queue=row.queue, deduplication_key=row.deduplication_key
        )
        while True:
            expired = same.filter(expires_at__lte=Now(), leased_until__lte=Now())
            self._delete(expired)
            try:
                with transaction.atomic(using=self.database):
                    row.save(using=self.database, force_insert=True)
                return EnqueuedId(str(row.pk))
            except IntegrityError:
                living = same.values_list("pk", flat=True).first()
                if living is not None:
                    return EnqueuedId(str(living), created=False)

    def _announce(self, stream_name: str, options: EnqueueOptions) -> None:
        if not options.delay:
            self.announce_messages(stream_name)

    def dequeue_many(
        self,
        stream_name: str,
        limit: int,
        visibility_timeout: Duration | None = None,
        *,
        max_deliveries: int | None = None,
    ) -> list[Message]:
        """See services.dequeue_many()."""
        stream_name = arguments.stream_name(stream_name)
        limit = arguments.integer(limit, "limit", 1, limits().messages_per_dequeue)
        timeout = (
            None
            if visibility_timeout is None
            else arguments.visibility_timeout(visibility_timeout)
        )
        max_deliveries = arguments.optional_integer(
            max_deliveries, "max_deliveries", 1, MAX_COUNT
        )
        self._refuse_lease_in_transaction(stream_name)
        if not self._visible(stream_name).exists():
            return []  # looked without the one lock that SQLite has for writers
        settings = self.queue_settings(stream_name)
        timeout = timeout or settings.visibility_timeout
        max_deliveries = max_deliveries or settings.max_deliveries
        messages: list[Message] = []
        with self.all_or_none():
            while wanted := limit - len(messages):
                rows = self._lock_visible(stream_name, wanted)
                if not rows:
                    break
                for row, now in rows:
                    if row.cancel_requested:
                        row.lease += 1
                        self._bury(row, "cancelled", CANCELLED)
                        error = MessageCancelled(stream_name, str(row.pk))
                        tell_buried(self, [(self._message(row, now), error)])
                    elif self._has_expired(row, now):
                        self._delete(self._messages.filter(pk=row.pk))
                    elif row.deliveries >= max_deliveries:
                        row.lease += 1
                        self._bury(row, "max_deliveries", DELIVERED_TOO_OFTEN)
                        poison = DeliveredTooOften(stream_name, row.deliveries)
                        tell_buried(self, [(self._message(row, now), poison)])
                    else:
                        messages.append(self._lease(row, now, timeout))
        return messages

    def pop(self, stream_name: str) -> Message | None:
        """See services.pop()."""
        stream_name = arguments.stream_name(stream_name)
        with self.all_or_none():
            while rows := self._lock_visible(stream_name, 1):
                ((row, now),) = rows
                if row.cancel_requested:
                    row.lease += 1
                    self._bury(row, "cancelled", CANCELLED)
                    continue
                self._delete(self._messages.filter(pk=row.pk))
                if not self._has_expired(row, now):
                    row.lease += 1
                    row.deliveries += 1
                    return self._message(row, visible_until=now)
        return None

    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info(). An estimate is the bound: so many at least."""
        stream_name = arguments.stream_name(stream_name)
        return self._queue_info(stream_name, exact=arguments.flag(exact, "exact"))

    def queue_infos(self, stream_names: Sequence[str]) -> list[QueueInfo]:
        """See BaseQueues.queue_infos()."""
        return [self._queue_info(name, exact=False) for name in stream_names]

    def _queue_info(self, stream_name: str, *, exact: bool) -> QueueInfo:
        bound = None if exact else COUNT_BOUND + 1
        live = self._messages.filter(queue=stream_name)
        in_order = self._visible(stream_name).order_by("rank", "pk")[:bound]
        ages = in_order.annotate(age=Now() - F("enqueued_at"))
        oldest = ages.aggregate(oldest=Max("age"))["oldest"]
        counts = [
            rows[:bound].count()
            for rows in (
                self._visible(stream_name),
                live.filter(IN_WORK),
                live.filter(DELAYED),
                live.filter(VISIBLE, self._is_held(stream_name)),
                self._dead_letters.filter(queue=stream_name),
            )
        ]
        ready, in_flight, delayed, blocked, dead = (
            count if exact else min(count, COUNT_BOUND) for count in counts
        )
        return QueueInfo(
            stream_name=stream_name,
            ready=ready,
            in_flight=in_flight,
            delayed=delayed,
            blocked=blocked,
            dead=dead,
            oldest_age=None if oldest is None else oldest.total_seconds(),
            estimated=tuple(
                name
                for name, count in zip(STATES, counts, strict=True)
                if not exact and count > COUNT_BOUND
            ),
        )

    def purge(self, stream_name: str) -> int:
        """See services.purge()."""
        stream_name = arguments.stream_name(stream_name)
        return self._delete(self._messages.filter(queue=stream_name))

    def _visible(self, stream_name: str) -> QuerySet[MessageRow]:
        return self._messages.filter(
            VISIBLE, ~self._is_held(stream_name), queue=stream_name
        )

    def _is_held(self, stream_name: str) -> Q:
        settings = self.queue_settings_of([stream_name])[stream_name]
        return held_by_group(
            self._messages, skips_delayed=settings.group_policy == SKIP
        )

    def _lock_visible(
        self, stream_name: str, count: int
    ) -> list[tuple[MessageRow, datetime]]:
        """Lock the first visible messages; return each with the time of that."""
        if self.queue_settings(stream_name).paused:
            return []
        rows = (
            self._visible(stream_name)
            .select_for_update(skip_locked=True)
            .annotate(now=Now())
            .order_by("rank", "pk")[:count]
        )
        return [(row, self._moment(row.now)) for row in rows]

    def _has_expired(self, row: MessageRow, now: datetime) -> bool:
        return row.expires_at is not None and self._moment(row.expires_at) <= now

    def _lease(self, row: MessageRow, now: datetime, timeout: float) -> Message:
        row.lease += 1
        row.deliveries += 1
        held_for = timedelta(seconds=timeout)
        self._messages.filter(pk=row.pk).update(
            lease=row.lease,
            deliveries=row.deliveries,
            leased_until=Now() + held_for,
            worker_id=worker_id(),
            **schedule(0),
        )
        return self._message(row, visible_until=now + held_for)

    def _message(self, row: MessageRow, visible_until: datetime) -> Message:
        return Message(
            stream_name=row.queue,
            message_id=str(row.pk),
            message_type=row.message_type,
            schema_version=row.schema_version,
            data=row.data,
            headers=row.headers or {},
            receipt=arguments.receipt_of(row.pk, row.lease),
            fencing_token=row.lease,
            priority=-row.rank,
            group_key=row.group_key,
            deliveries=row.deliveries,
            attempts=row.attempts,
            enqueued_at=self._moment(row.enqueued_at),
            visible_until=visible_until,
            correlation_id=row.correlation_id,
            store=self,
        )


def _row(stream_name: str, options: EnqueueOptions, message: NewMessage) -> MessageRow:
    expires_in = options.expires_in
    return MessageRow(
        queue=stream_name,
        rank=-options.priority,
        message_type=message.message_type,
        schema_version=message.schema_version,
        data=stored_json(message.data),
        headers=options.headers or None,
        correlation_id=options.correlation_id,
        group_key=options.group_key,
        deduplication_key=options.deduplication_key,
        expires_at=(
            None if expires_in is None else Now() + timedelta(seconds=expires_in)
        ),
        **schedule(options.delay),
    )
