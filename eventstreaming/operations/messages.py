"""What an operator does to messages that wait or run."""

from collections.abc import Collection

from django.db.models import Q
from django.db.models.functions import Now

from eventstreaming.models import Message


def run_now(ids: Collection[int], *, using: str) -> list[int]:
    """
    Let delayed messages be due now; return the ids of those that were.

    A worker that waits finds them within a second.
    """
    delayed = Q(state=Message.State.DEFERRED, due_at__gt=Now())
    return _change(ids, delayed, using, due_at=Now())


def release(ids: Collection[int], *, using: str) -> list[int]:
    """
    End the leases of messages now, as if their time was over; return their ids.

    The next delivery may be while the former handler still runs: its answer is
    good until then, and refused afterwards. No attempt is counted.
    """
    return _change(ids, Q(leased_until__gt=Now()), using, leased_until=Now())


def _change(
    ids: Collection[int], condition: Q, using: str, **columns: object
) -> list[int]:
    """Change those that meet a condition and that no other transaction has locked."""
    rows = Message.objects.using(using).filter(condition, pk__in=ids)
    locked = rows.select_for_update(skip_locked=True)
    found = list(locked.values_list("pk", flat=True))
    Message.objects.using(using).filter(condition, pk__in=found).update(**columns)
    return found
