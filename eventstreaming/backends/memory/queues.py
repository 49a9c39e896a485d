"""Queues in memory: enqueueing, claiming and counting."""

from datetime import datetime, timedelta

from eventstreaming import clock
from eventstreaming.backends.failures import CANCELLED, DELIVERED_TOO_OFTEN
from eventstreaming.backends.memory.data import KeptMessage, MemoryData, copied
from eventstreaming.backends.memory.queue_settings import QueueSettingsOperations
from eventstreaming.events import arguments
from eventstreaming.events.enqueue_options import EnqueueOptions
from eventstreaming.events.envelopes import NewMessage, message_digest
from eventstreaming.events.limits import limits
from eventstreaming.events.queue_settings import MAX_COUNT
from eventstreaming.events.signals import tell_buried
from eventstreaming.exceptions import (
    DeliveredTooOften,
    IdempotencyConflict,
    MessageCancelled,
)
from eventstreaming.types import (
    Duration,
    EnqueuedId,
    Message,
    QueueInfo,
)


class QueueOperations(QueueSettingsOperations):
    """Messages in the order of their places."""

    def write_message(
        self,
        stream_name: str,
        options: EnqueueOptions,
        new: NewMessage,
        idempotency_key: str | None,
    ) -> EnqueuedId:
        """See BaseQueues.write_message()."""
        data = self._data
        with data.lock:
            enqueued = _first_enqueue(data, stream_name, idempotency_key, new)
            enqueued = enqueued or _duplicate(data, stream_name, options)
            if enqueued is None:
                (enqueued,) = self._put(stream_name, [new], options)
                _open_window(data, stream_name, options, enqueued)
            if idempotency_key is not None:
                data.enqueue_keys.setdefault(
                    (stream_name, idempotency_key),
                    (clock.now(), message_digest(new), int(enqueued)),
                )
        if enqueued.created:
            self._announce(stream_name, options)
        return enqueued

    def write_messages(
        self, stream_name: str, options: EnqueueOptions, new: list[NewMessage]
    ) -> list[EnqueuedId]:
        """See BaseQueues.write_messages()."""
        with self._data.lock:
            ids = self._put(stream_name, new, options)
        self._announce(stream_name, options)
        return ids

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
        settings = self.queue_settings(stream_name)
        timeout = (
            settings.visibility_timeout
            if visibility_timeout is None
            else arguments.visibility_timeout(visibility_timeout)
        )
        max_deliveries = arguments.optional_integer(
            max_deliveries, "max_deliveries", 1, MAX_COUNT
        )
        if settings.paused:
            return []
        found: list[Message] = []
        buried: list[tuple[Message, BaseException]] = []
        data = self._data
        with data.lock:
            now = clock.now()
            for message in data.visible(stream_name, now):
                if len(found) == limit:
                    break
                if message.cancel_requested:
                    message.lease += 1
                    data.bury(message, "cancelled", CANCELLED)
                    error = MessageCancelled(stream_name, str(message.number))
                    buried.append((self._message(message, now), error))
                    continue
                if message.is_expired(now):
                    data.remove(message)
                    continue
                message.lease += 1
                if message.deliveries >= (max_deliveries or settings.max_deliveries):
                    data.bury(message, "max_deliveries", DELIVERED_TOO_OFTEN)
                    poison = DeliveredTooOften(stream_name, message.deliveries)
                    buried.append((self._message(message, now), poison))
                    continue
                message.deliveries += 1
                message.due_at = None
                message.leased_until = now + timedelta(seconds=timeout)
                found.append(self._message(message, message.leased_until))
        tell_buried(self, buried)
        return found

    def pop(self, stream_name: str) -> Message | None:
        """See services.pop()."""
        stream_name = arguments.stream_name(stream_name)
        if self.queue_settings(stream_name).paused:
            return None
        data = self._data
        with data.lock:
            now = clock.now()
            for message in data.visible(stream_name, now):
                if message.cancel_requested:
                    message.lease += 1
                    data.bury(message, "cancelled", CANCELLED)
                    continue
                data.remove(message)
                if not message.is_expired(now):
                    message.lease += 1
                    message.deliveries += 1
                    return self._message(message, now)
        return None

    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info(). Always exact."""
        stream_name = arguments.stream_name(stream_name)
        arguments.flag(exact, "exact")
        data = self._data
        with data.lock:
            now = clock.now()
            messages = data.queue(stream_name)
            ready = list(data.visible(stream_name, now))
            in_flight = sum(message.is_leased(now) for message in messages)
            blocked = sum(
                not (message.is_leased(now) or message.is_delayed(now))
                and data.is_held(message, now)
                for message in messages
            )
            return QueueInfo(
                stream_name=stream_name,
                ready=len(ready),
                in_flight=in_flight,
                delayed=len(messages) - len(ready) - in_flight - blocked,
                blocked=blocked,
                dead=sum(
                    d.message.stream_name == stream_name for d in data.dead.values()
                ),
                oldest_age=max(
                    ((now - m.enqueued_at).total_seconds() for m in ready), default=None
                ),
            )

    def purge(self, stream_name: str) -> int:
        """See services.purge()."""
        stream_name = arguments.stream_name(stream_name)
        data = self._data
        with data.lock:
            messages = data.queue(stream_name)
            for message in messages:
                data.remove(message)
        return len(messages)

    def _put(
        self, stream_name: str, new: list[NewMessage], options: EnqueueOptions
    ) -> list[EnqueuedId]:
        data = self._data
        ids = []
        now = clock.now()
        delay, expires_in = options.delay, options.expires_in
        for message in new:
            number = next(data.message_numbers)
            data.put(
                KeptMessage(
                    number=number,
                    stream_name=stream_name,
                    message_type=message.message_type,
                    schema_version=message.schema_version,
                    data=message.data,
                    headers=options.headers,
                    priority=options.priority,
                    correlation_id=options.correlation_id,
                    group_key=options.group_key,
                    deduplication_key=options.deduplication_key,
                    enqueued_at=now,
                    due_at=now + timedelta(seconds=delay) if delay else None,
                    expires_at=(
                        None
                        if expires_in is None
                        else now + timedelta(seconds=expires_in)
                    ),
                )
            )
            ids.append(EnqueuedId(str(number)))
        return ids

    def _announce(self, stream_name: str, options: EnqueueOptions) -> None:
        if not options.delay:
            self.announce_messages(stream_name)

    def _message(self, message: KeptMessage, visible_until: datetime) -> Message:
        return Message(
            stream_name=message.stream_name,
            message_id=str(message.number),
            message_type=message.message_type,
            schema_version=message.schema_version,
            data=copied(message.data),
            headers=copied(message.headers),
            receipt=arguments.receipt_of(message.number, message.lease),
            fencing_token=message.lease,
            priority=message.priority,
            group_key=message.group_key,
            deliveries=message.deliveries,
            attempts=message.attempts,
            enqueued_at=message.enqueued_at,
            visible_until=visible_until,
            correlation_id=message.correlation_id,
            store=self,
        )


def _first_enqueue(
    data: MemoryData, stream_name: str, key: str | None, new: NewMessage
) -> EnqueuedId | None:
    """Return what the first call with an idempotency key has returned."""
    if key is None or (first := data.enqueue_keys.get((stream_name, key))) is None:
        return None
    _, digest, number = first
    if digest != message_digest(new):
        raise IdempotencyConflict(stream_name, key)
    return EnqueuedId(str(number), created=False)


def _duplicate(
    data: MemoryData, stream_name: str, options: EnqueueOptions
) -> EnqueuedId | None:
    key, window = options.deduplication_key, options.deduplication_window
    if key is not None and window is not None:
        recent = data.recent_keys.get((stream_name, key))
        if recent and recent[0] + timedelta(seconds=window) > clock.now():
            return EnqueuedId(str(recent[1]), created=False)
    return _living(data, stream_name, key)


def _open_window(
    data: MemoryData, stream_name: str, options: EnqueueOptions, enqueued: EnqueuedId
) -> None:
    key = options.deduplication_key
    if key is not None and options.deduplication_window is not None:
        data.recent_keys[stream_name, key] = clock.now(), int(enqueued)


def _living(data: MemoryData, stream_name: str, key: str | None) -> EnqueuedId | None:
    """Return the message that lives under a deduplication key, if one does."""
    number = key and data.deduplication.get((stream_name, key))
    if not number:
        return None
    message, now = data.messages[number], clock.now()
    if message.is_expired(now) and not message.is_leased(now):
        data.remove(message)
        return None
    return EnqueuedId(str(number), created=False)
