"""What an operator does to messages that wait or run."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q
from django.db.models.functions import Now

from eventstreaming import services
from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.models import Message
from eventstreaming.models.queues import NEVER

MOST = 32_767  # the highest priority, and the lowest below 0


def run_now(
    ids: Collection[int], *, using: str, store: str = DEFAULT_ALIAS
) -> list[int]:
    """
    Let delayed messages be due now; return the ids of those that were.

    Workers are told, once it is committed.
    """
    delayed = Q(state=Message.State.DEFERRED, due_at__gt=Now())
    return _change(ids, delayed, using, store, due_at=Now())


def release(
    ids: Collection[int], *, using: str, store: str = DEFAULT_ALIAS
) -> list[int]:
    """
    End the leases of messages now, as if their time was over; return their ids.

    The next delivery may be while the former handler still runs: its answer is
    good until then, and refused afterwards. No attempt is counted.
    """
    return _change(ids, Q(leased_until__gt=Now()), using, store, leased_until=Now())


def change_priority(
    ids: Collection[int], priority: int, *, using: str, store: str = DEFAULT_ALIAS
) -> list[int]:
    """
    Give messages another priority; return the ids of those that had another one.

    The next claim goes by it, wherever it has come to; one that is being handled has
    it when it is delivered again. Messages of a group are passed over: their order
    is that of the group.
    """
    priority = arguments.integer(priority, "priority", -MOST, MOST)
    other = Q(group_key__isnull=True) & ~Q(rank=-priority)
    return _change(ids, other, using, store, rank=-priority)


def cancel_all(
    ids: Collection[int], *, using: str, store: str = DEFAULT_ALIAS
) -> list[int]:
    """
    Cancel messages; return the ids of those that were there.

    See services.cancel(): what nobody holds becomes a dead letter, and who handles
    one is asked to end. A message whose handler is about to commit is passed over.
    """
    return _cancel(_locked(ids, Q(), using), store)


def set_aside(
    ids: Collection[int], *, using: str, store: str = DEFAULT_ALIAS
) -> list[int]:
    """
    Make messages dead letters at once, cancelled; return their ids.

    Those that are being handled, too: the answer of the handler is refused with
    LeaseLost, and its `message.atomic()` rolls back. A message whose handler is
    about to commit is passed over.
    """
    rows = _locked(ids, Q(), using)
    Message.objects.using(using).filter(pk__in=rows).update(leased_until=NEVER)
    return _cancel(rows, store)


def delete(ids: Collection[int], *, using: str) -> list[int]:
    """
    Remove messages without a trace; return the ids of those that were removed.

    See set_aside() for those that are being handled. The next of their groups go on.
    """
    rows = _locked(ids, Q(), using)
    return [
        number
        for number, queue in rows.items()
        if services.acknowledge(queue, str(number))
    ]


def _cancel(queues: dict[int, str], store: str) -> list[int]:
    """Cancel messages, whose queues are given by id."""
    ids_by_queue = defaultdict(list)
    for number, queue in queues.items():
        ids_by_queue[queue].append(str(number))
    return [
        int(number)
        for queue, ids in ids_by_queue.items()
        for number in event_stores[store].cancel_many(queue, ids)
    ]


def _change(
    ids: Collection[int], condition: Q, using: str, store: str, **columns: object
) -> list[int]:
    """Change those that meet a condition and that no other transaction has locked."""
    found = _locked(ids, condition, using)
    Message.objects.using(using).filter(condition, pk__in=found).update(**columns)
    for queue in set(found.values()):
        event_stores[store].messages_changed(queue)
    return list(found)


def _locked(ids: Collection[int], condition: Q, using: str) -> dict[int, str]:
    """Lock those that no other transaction has locked; return their queues by id."""
    rows = Message.objects.using(using).filter(condition, pk__in=ids).order_by("pk")
    locked = rows.select_for_update(skip_locked=True)
    return dict(locked.values_list("pk", "queue"))
