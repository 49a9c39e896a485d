"""What the holder of a lease may do, always fenced by its receipt."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from json import dumps
from typing import Any

from eventstreaming.backends.failures import failure_of
from eventstreaming.backends.leasing import leased
from eventstreaming.backends.postgresql.arrays import number_array
from eventstreaming.backends.postgresql.bound import BoundStatements
from eventstreaming.backends.postgresql.lanes import Lanes, lanes_of
from eventstreaming.backends.relational import moment
from eventstreaming.events import arguments
from eventstreaming.events.patterns import matching
from eventstreaming.events.queue_settings import BACKOFF, MAX_ATTEMPTS
from eventstreaming.exceptions import LeaseLost, MessageNotFound
from eventstreaming.types import Duration, Message

_BACKOFF = dumps(BACKOFF)


class LeaseOperations(BoundStatements):
    """Acknowledge, nack, extend and release."""

    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool:
        """See services.acknowledge(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        lease = arguments.receipt(receipt, number)
        ((group_key,),) = self._execute_bound(
            "acknowledge", {"queue": stream_name, "id": number, "lease": lease}
        )
        if group_key is None and lease is not None:
            raise self._lease_lost(stream_name, number, lease)
        if group_key:
            self._look_again(stream_name, number)
        return group_key is not None

    def acknowledge_many(
        self, stream_name: str, messages: Iterable[Message]
    ) -> list[Message]:
        """See services.acknowledge_many(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        asked = leased(messages, stream_name)
        if not asked:
            return []
        rows = self._execute_bound(
            "acknowledge_many", {"queue": stream_name, **ids_and_leases(asked)}
        )
        self._groups_go_on(asked)
        if not rows:
            return []
        lost = {arguments.receipt_of(number, lease) for number, lease in rows}
        return [message for message in asked if message.receipt in lost]

    def nack(
        self,
        stream_name: str,
        message_id: str,
        *,
        receipt: str | None = None,
        delay: Duration | None = None,
        error: str | BaseException | None = None,
        dead_letter: bool = False,
        max_attempts: int | None = None,
    ) -> bool:
        """See services.nack(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        lease = arguments.receipt(receipt, number)
        failure = failure_of(error)
        rows = self._execute(
            "nack",
            {
                "queue": stream_name,
                "settings": list(matching(stream_name)),
                "id": number,
                "lease": lease,
                "delay": arguments.optional_delay(delay),
                "dead_letter": arguments.flag(dead_letter, "dead_letter"),
                "max_attempts": arguments.optional_integer(
                    max_attempts, "max_attempts", 1, 32_767
                ),
                "default_max_attempts": MAX_ATTEMPTS,
                "default_backoff": _BACKOFF,
                "error": failure.text,
                "fingerprint": failure.fingerprint,
            },
        )
        if rows:
            dies, pause, _ = rows[0]
            if pause:
                self._lanes(stream_name).expect(pause)
            self._look_again(stream_name, number)
            return not dies
        if lease is None:
            raise MessageNotFound(stream_name, message_id)
        raise self._lease_lost(stream_name, number, lease)

    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        """See services.extend_visibility(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        seconds = arguments.visibility_timeout(timeout, "timeout")
        lease = arguments.required_receipt(receipt, number)
        rows = self._execute(
            "extend",
            {"queue": stream_name, "id": number, "lease": lease, "timeout": seconds},
        )
        if not rows:
            raise self._lease_lost(stream_name, number, lease)
        return moment(rows[0][0])

    def extend_many(
        self, messages: Iterable[Message], timeout: Duration
    ) -> list[Message]:
        """See BaseEventStore.extend_many(). One statement."""
        seconds = arguments.visibility_timeout(timeout, "timeout")
        asked = leased(messages)
        if not asked:
            return []
        rows = self._execute(
            "extend_many", {**ids_and_leases(asked), "timeout": seconds}
        )
        return _missing(asked, rows)

    def release(self, messages: Iterable[Message]) -> None:
        """See BaseEventStore.release(). One statement."""
        asked = leased(messages)
        if asked:
            self._execute_count("release", ids_and_leases(asked))
            for message in asked:
                self._look_again(message.stream_name, int(message.message_id))

    def messages_changed(self, stream_name: str) -> None:
        """See BaseWaking.messages_changed()."""
        self._after_commit(self._lanes(stream_name).look_now)
        self.announce_messages(stream_name)

    def _lanes(self, stream_name: str) -> Lanes:
        return lanes_of(self.database, stream_name)

    def _look_again(self, stream_name: str, number: int) -> None:
        """
        Let the claims of this process see what is ready from now on.

        That is a message that was given back, or the next one of its group.
        """
        self._after_commit(partial(self._lanes(stream_name).step_back, number))

    def _groups_go_on(self, messages: list[Message]) -> None:
        for message in messages:
            if message.group_key is not None:
                self._look_again(message.stream_name, int(message.message_id))

    def _lease_lost(self, stream_name: str, number: int, lease: int) -> LeaseLost:
        rows = self._execute("lease", {"queue": stream_name, "id": number})
        if not rows:
            return LeaseLost(stream_name, str(number), "gone")
        released = rows[0][0] == lease
        return LeaseLost(stream_name, str(number), "released" if released else "taken")


def ids_and_leases(messages: Iterable[Message]) -> dict[str, Any]:
    """Return the arrays that the statements take, in the order of the ids."""
    pairs = sorted([(int(m.message_id), m.fencing_token) for m in messages])
    return {
        "ids": number_array([number for number, _ in pairs]),
        "leases": number_array([lease for _, lease in pairs]),
    }


def _missing(asked: list[Message], rows: list[tuple[Any, ...]]) -> list[Message]:
    found = {arguments.receipt_of(number, lease) for number, lease in rows}
    return [message for message in asked if message.receipt not in found]
