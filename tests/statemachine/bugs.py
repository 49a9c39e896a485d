"""Bugs to be planted in the stores, as patches."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from django.db.models import Q
from django.db.models.functions import Now

from eventstreaming.backends import relational
from eventstreaming.backends.database import burying
from eventstreaming.backends.database import queues as orm_queues
from eventstreaming.backends.database.leases import LeaseOperations as ORMLeases
from eventstreaming.backends.memory import idempotency, leases, reading, writing
from eventstreaming.backends.memory.data import KeptMessage
from eventstreaming.backends.postgresql import bound, claiming
from eventstreaming.backends.statements import statement
from eventstreaming.exceptions import LeaseLost

Patch = AbstractContextManager[Any]


@contextmanager
def sql(name: str, old: str, new: str) -> Iterator[None]:
    """Plant another text in a statement of `sql/`."""
    text = statement(name)
    assert old in text, f"sql/{name}.sql has changed: plant the bug anew"
    planted = text.replace(old, new)

    def planting(asked: str) -> str:
        return planted if asked == name else statement(asked)

    with (
        mock.patch.object(relational, "statement", planting),
        mock.patch.object(bound, "statement", planting),
    ):
        yield


def unfenced(data: Any, queue: str, number: int, lease: int) -> KeptMessage:
    found = data.find(queue, number)
    if found is None:
        raise LeaseLost(queue, str(number), "gone")
    return found


def good_when_released(data: Any, queue: str, number: int, lease: int) -> KeptMessage:
    found = unfenced(data, queue, number, lease)
    if found.lease != lease:
        raise LeaseLost(queue, str(number), "taken")
    return found


def check_no_version_of_a_new_stream(name: str, expected: Any, *, actual: int) -> None:
    if expected != -1:
        check_version(name, expected, actual=actual)


def never(message: KeptMessage) -> bool:
    return False


check_version = writing._check_version

IN_MEMORY: dict[str, Callable[[], Patch]] = {
    "from_offset is exclusive": lambda: mock.patch.object(
        reading, "bisect_left", bisect_right
    ),
    "the receipt does not matter": lambda: mock.patch.object(
        leases, "_leased", unfenced
    ),
    "a released lease is still good": lambda: mock.patch.object(
        leases, "_leased", good_when_released
    ),
    "nothing expires": lambda: mock.patch.object(
        KeptMessage, "is_expired", return_value=False
    ),
    "the lowest priority comes first": lambda: mock.patch.object(
        KeptMessage, "place", property(lambda self: (self.priority, self.number))
    ),
    "NO_STREAM fits any stream": lambda: mock.patch.object(
        writing, "_check_version", check_no_version_of_a_new_stream
    ),
    "a held message is not cancelled": lambda: mock.patch.object(
        KeptMessage, "cancel_requested", property(never, lambda self, value: None)
    ),
    "a known key counts for whatever comes": lambda: mock.patch.object(
        idempotency, "digest_of", return_value=""
    ),
}

IN_SQLITE: dict[str, Callable[[], Patch]] = {
    "the receipt does not matter": lambda: mock.patch.object(
        ORMLeases,
        "_held",
        lambda self, queue, number, lease: self._messages.filter(
            pk=number, queue=queue
        ),
    ),
    "a delay does not matter": lambda: mock.patch.object(
        orm_queues, "VISIBLE", Q(leased_until__lte=Now())
    ),
    "redrive resets the token": lambda: mock.patch.object(
        burying,
        "_kept",
        lambda row: {**kept(row), "lease": 0},
    ),
}

kept = burying._kept

_CLAIMED = """queue, id, rank, message_type, schema_version, data, headers, lease,
    group_key, deliveries, attempts, enqueued_at, leased_until, correlation_id"""

IN_POSTGRESQL: dict[str, Callable[[], Patch]] = {
    "from_offset is exclusive": lambda: sql(
        "read_stream", "%(first)s", "%(first)s + 1"
    ),
    "the receipt does not matter": lambda: sql(
        "acknowledge", "%(lease)s", "NULL::bigint"
    ),
    "a released lease is still good": lambda: sql(
        "extend", "AND leased_until > 'epoch'", ""
    ),
    "a failure is no attempt": lambda: sql(
        "nack", "SET attempts = f.attempts", "SET attempts = m.attempts"
    ),
    "redrive resets the token": lambda: sql(
        "redrive",
        "max_attempts, lease, errors\n  FROM removed",
        "max_attempts, 0, errors\n  FROM removed",
    ),
    "the lowest priority comes first": lambda: mock.patch.object(
        claiming, "_place", lambda row: (-row[2], row[1])
    ),
    "nothing expires": lambda: sql(
        "claim_queue", "SELECT *", f"SELECT {_CLAIMED}, false, poisonous, cancelled"
    ),
    "a group does not go on": lambda: sql(
        "pop", "eventstreaming_wake_group_v1(queue, group_key)", "NULL::text"
    ),
    "release counts a delivery": lambda: sql("release", "deliveries - 1", "deliveries"),
}
