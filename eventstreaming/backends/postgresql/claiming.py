"""Claiming messages in PostgreSQL: leasing them, or taking them at once."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from time import perf_counter
from typing import Any

from eventstreaming import clock
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.failures import (
    CANCELLED,
    DELIVERED_TOO_OFTEN,
    Failure,
)
from eventstreaming.backends.identity import worker_id
from eventstreaming.backends.postgresql.arrays import array, number_array
from eventstreaming.backends.postgresql.lanes import EVERYTHING, Lanes, Range
from eventstreaming.backends.postgresql.leases import LeaseOperations, ids_and_leases
from eventstreaming.backends.relational import moment
from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.events.patterns import matching
from eventstreaming.events.queue_settings import (
    MAX_COUNT,
    MAX_DELIVERIES,
    VISIBILITY_TIMEOUT,
)
from eventstreaming.events.signals import tell_buried
from eventstreaming.events.values import from_json
from eventstreaming.exceptions import DeliveredTooOften, MessageCancelled
from eventstreaming.types import DeadReason, Duration, Message

SWEEP_PAGE = 1_000  # groups

Row = tuple[Any, ...]


class ClaimOperations(LeaseOperations):
    """Dequeueing: one statement while messages are ready, whatever the backlog."""

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
        maximum = arguments.optional_integer(
            max_deliveries, "max_deliveries", 1, MAX_COUNT
        )
        self._refuse_lease_in_transaction(stream_name)
        lanes = {stream_name: self._lanes(stream_name)}
        self._maintain(lanes)
        return self._claim_all(
            {stream_name: LeaseTerms(timeout, maximum)}, lanes, limit
        )

    def claim_many(self, queues: Mapping[str, LeaseTerms], limit: int) -> list[Message]:
        """
        See BaseQueues.claim_many(). One statement for all queues.

        A worker that had nothing to do was woken for what has come: that does not
        wait for the looks at what is due, which the next claim makes up for.
        """
        for name in queues:
            self._refuse_lease_in_transaction(name)
        lanes = {name: self._lanes(name) for name in queues}
        messages: list[Message] = []
        was_idle = all(lane.was_empty for lane in lanes.values())
        if was_idle:
            messages = self._claim_all(queues, lanes, limit)
        if not messages and (self._maintain(lanes) or not was_idle):
            messages = self._claim_all(queues, lanes, limit)
        for lane in lanes.values():
            lane.was_empty = not messages
        return messages

    def _claim_all(
        self, queues: Mapping[str, LeaseTerms], lanes: dict[str, Lanes], limit: int
    ) -> list[Message]:
        """Lease up to `limit` messages that are to be delivered."""
        messages: list[Message] = []
        while len(messages) < limit:
            asked = limit - len(messages)
            rows = self._claim(queues, lanes, asked)
            expired, poison, cancelled = [], [], []
            for row in rows:
                message = self._message(row)
                if row[16]:
                    cancelled.append(message)
                elif row[14]:
                    expired.append(message)
                elif row[15]:
                    poison.append(message)
                else:
                    messages.append(message)
            self._put_away(expired, poison, cancelled)
            if len(rows) < asked or not (expired or poison or cancelled):
                break
        return messages

    def pop(self, stream_name: str) -> Message | None:
        """See services.pop()."""
        stream_name = arguments.stream_name(stream_name)
        self._maintain({stream_name: self._lanes(stream_name)})
        while True:
            rows = self._execute(
                "pop",
                {
                    "queue": stream_name,
                    "settings": list(matching(stream_name)),
                    "cancelled": CANCELLED.text,
                },
            )
            if not rows:
                return None
            message = self._message(rows[0])
            self._groups_go_on([message])
            if not rows[0][14]:
                return message

    def _claim(
        self, queues: Mapping[str, LeaseTerms], lanes: dict[str, Lanes], limit: int
    ) -> list[Row]:
        """
        Claim where no claim of this process has been, or else from the beginning.

        The second look finds what has become visible again meanwhile. It is left
        out while it would take long, until the queue is walked again anyway.
        """
        ranges = {name: lane.ranges() for name, lane in lanes.items()}
        rows = self._claim_in(ranges, queues, lanes, limit)
        if rows:
            return rows
        again = {
            name: EVERYTHING
            for name, lane in lanes.items()
            if ranges[name] is not EVERYTHING and lane.may_look_again()
        }
        if not again:
            return []
        began = perf_counter()
        rows = self._claim_in(again, queues, lanes, limit)
        for name in again:
            lanes[name].looked_again(perf_counter() - began, found=bool(rows))
        return rows

    def _claim_in(
        self,
        ranges: dict[str, list[Range]],
        queues: Mapping[str, LeaseTerms],
        lanes: dict[str, Lanes],
        limit: int,
    ) -> list[Row]:
        generations = {name: lanes[name].generation for name in ranges}
        places = {name: number_array(chain(*ranges[name])) for name in ranges}
        params = {
            "limit": limit,
            "worker_id": worker_id(),
            "default_timeout": VISIBILITY_TIMEOUT,
            "default_max_deliveries": MAX_DELIVERIES,
        }
        if len(ranges) == 1:  # arrays take longer
            ((name, numbers),) = places.items()
            params |= {
                "queue": name,
                "settings": ",".join(matching(name)),
                "timeout": queues[name].visibility_timeout,
                "max_deliveries": queues[name].max_deliveries,
                "ranges": numbers,
            }
            rows = self._execute_bound("claim_queue", params)
        else:
            terms = [queues[name] for name in ranges]
            params |= {
                "queues": array(ranges),
                "settings": array(",".join(matching(name)) for name in ranges),
                "timeouts": array(each.visibility_timeout for each in terms),
                "max_deliveries": array(each.max_deliveries for each in terms),
                "ranges": array(places.values()),
            }
            rows = self._execute_bound("claim", params)
        by_queue: dict[str, list[Row]] = {name: [] for name in ranges}
        for row in rows:
            by_queue[row[0]].append(row)
        ordered = []
        to_the_end = len(rows) < limit
        last = rows[-1][0] if rows and not to_the_end else None
        for name, claimed in by_queue.items():
            claimed.sort(key=_place)  # an UPDATE returns in no order
            ordered += claimed
            lanes[name].claimed(
                [_place(row) for row in claimed],
                ranges=ranges[name],
                generation=generations[name],
                to_the_end=name != last,
            )
            if name == last:
                break  # nobody has looked at the queues behind it
        return ordered

    def _maintain(self, lanes: dict[str, Lanes]) -> bool:
        """
        Make due messages ready, and now and then look after the groups.

        Say whether some became ready. It comes before a claim, whatever the backlog
        is: else a retried message would wait until the queue is empty.
        """
        more = False
        now = clock.monotonic()
        due = [name for name, lane in lanes.items() if lane.look_at <= now]
        if due:
            for name, promoted, next_due in self._execute("promote", {"queues": due}):
                if promoted:
                    more = True
                    lanes[name].restart()
                lanes[name].looked(0.0 if promoted == 1000 else next_due)
        for name, lane in lanes.items():
            if lane.sweep_at <= now:
                page = self._execute(
                    "sweep_groups",
                    {"queue": name, "after": lane.swept_to, "size": SWEEP_PAGE},
                )
                lane.swept([key for key, _ in page], to_the_end=len(page) < SWEEP_PAGE)
                if any(woken for _, woken in page):
                    more = True
                    lane.restart()
        return more

    def _put_away(
        self, expired: list[Message], poison: list[Message], cancelled: list[Message]
    ) -> None:
        """Remove what has expired; bury what was delivered too often, or cancelled."""
        for name in {message.stream_name for message in expired}:
            self.acknowledge_many(name, [m for m in expired if m.stream_name == name])
        if poison:
            self._bury(poison, "max_deliveries", DELIVERED_TOO_OFTEN)
            tell_buried(self, [(m, _delivered_too_often(m)) for m in poison])
        if cancelled:
            self._bury(cancelled, "cancelled", CANCELLED)
            tell_buried(self, [(m, _cancelled(m)) for m in cancelled])

    def _bury(
        self, messages: list[Message], reason: DeadReason, failure: Failure
    ) -> None:
        self._execute(
            "bury",
            {
                **ids_and_leases(messages),
                "reason": reason,
                "error": failure.text,
                "fingerprint": failure.fingerprint,
            },
        )
        self._groups_go_on(messages)

    def _message(self, row: Row) -> Message:
        number, lease, headers = row[1], row[7], row[6]
        return Message(
            stream_name=row[0],
            message_id=str(number),
            message_type=row[3],
            schema_version=row[4],
            data=from_json(row[5]),
            headers=from_json(headers) if headers and headers != "{}" else {},
            receipt=arguments.receipt_of(number, lease),
            fencing_token=lease,
            priority=-row[2],
            group_key=row[8],
            deliveries=row[9],
            attempts=row[10],
            enqueued_at=moment(row[11]),
            visible_until=_same_moment(row[12]),
            correlation_id=row[13],
            store=self,
        )


_same_moment = lru_cache(maxsize=16)(moment)  # a claim's leases end together


def _place(row: Row) -> tuple[int, int]:
    return row[2], row[1]


def _delivered_too_often(message: Message) -> DeliveredTooOften:
    allowed = message.deliveries - 1  # the last one was not to its handler
    return DeliveredTooOften(message.stream_name, allowed)


def _cancelled(message: Message) -> MessageCancelled:
    return MessageCancelled(message.stream_name, message.message_id)
