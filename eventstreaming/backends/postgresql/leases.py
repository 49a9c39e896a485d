"""What the holder of a lease may do, always fenced by its receipt."""

from collections.abc import Iterable
from datetime import datetime
from json import dumps
from typing import Any

from eventstreaming.backends.failures import failure_of
from eventstreaming.backends.leasing import leased
from eventstreaming.backends.relational import RelationalStore, moment
from eventstreaming.events import arguments
from eventstreaming.events.patterns import matching
from eventstreaming.events.queue_settings import BACKOFF, MAX_ATTEMPTS
from eventstreaming.exceptions import LeaseLost, MessageNotFound
from eventstreaming.types import Duration, Message

_BACKOFF = dumps(BACKOFF)


class LeaseOperations(RelationalStore):
    """Acknowledge, nack, extend and release."""

    def acknowledge(
        self, stream_name: str, message_id: str, *, receipt: str | None = None
    ) -> bool:
        """See services.acknowledge(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        number = arguments.message_id(message_id)
        lease = arguments.receipt(receipt, number)
        removed = self._execute_count(
            "acknowledge", {"queue": stream_name, "id": number, "lease": lease}
        )
        if not removed and lease is not None:
            raise self._lease_lost(stream_name, number, lease)
        return bool(removed)

    def acknowledge_many(
        self, stream_name: str, messages: Iterable[Message]
    ) -> list[Message]:
        """See services.acknowledge_many(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        asked = leased(messages, stream_name)
        if not asked:
            return []
        rows = self._execute(
            "acknowledge_many", {"queue": stream_name, **ids_and_leases(asked)}
        )
        return _missing(asked, rows)

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
            return not rows[0][0]
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

    def _lease_lost(self, stream_name: str, number: int, lease: int) -> LeaseLost:
        rows = self._execute("lease", {"queue": stream_name, "id": number})
        if not rows:
            return LeaseLost(stream_name, str(number), "gone")
        released = rows[0][0] == lease
        return LeaseLost(stream_name, str(number), "released" if released else "taken")


def ids_and_leases(messages: Iterable[Message]) -> dict[str, Any]:
    """Return the arrays that the statements take, in the order of the ids."""
    pairs = sorted((int(m.message_id), m.fencing_token) for m in messages)
    return {
        "ids": [number for number, _ in pairs],
        "leases": [lease for _, lease in pairs],
    }


def _missing(asked: list[Message], rows: list[tuple[Any, ...]]) -> list[Message]:
    found = {arguments.receipt_of(number, lease) for number, lease in rows}
    return [message for message in asked if message.receipt not in found]
