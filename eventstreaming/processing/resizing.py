"""
Changing the number of a subscription's partitions while it is at work.

Each partition goes on up to a barrier, the farthest place that one of them has
reached, and stops there. When all have, everything before the barrier is handled
and nothing behind it, so the buckets can be shared anew.
"""

import logging
from typing import Any

from django.db import transaction
from django.db.models import F

from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.parking import count_parked_keys
from eventstreaming.processing.partitions import bucket_ranges
from eventstreaming.processing.sources import Source

logger = logging.getLogger("eventstreaming.worker")


def begin_resize(subscription: Subscription, partitions: int, *, using: str) -> None:
    """
    Let a subscription have another number of partitions as soon as all can stop.

    Waits for the batches that are at work. A lease that somebody has ends: what it
    has not committed is handled again.
    """
    with transaction.atomic(using=using):
        rows = lock_partitions(subscription, using)
        newest = Subscription.objects.using(using).get(pk=subscription.pk)
        if newest.wanted_partitions == partitions:
            return
        changes: dict[str, Any] = {"barrier": None}
        wanted = None
        if newest.partitions != partitions:
            wanted = partitions
            barrier = max(map(_farthest, rows), default=None)
            changes = {
                "barrier": barrier,
                "epoch": F("epoch") + 1,
                "leased_until": None,
            }
        Checkpoint.objects.using(using).filter(subscription=newest).update(**changes)
        newest.wanted_partitions = wanted
        newest.save(using=using, update_fields=["wanted_partitions"])
    if wanted is not None:
        logger.info(
            "%s: from %d to %d partitions, when all have come to %s",
            newest.name,
            newest.partitions,
            wanted,
            barrier,
        )


def finish_resize(subscription: Subscription, *, using: str) -> bool:
    """Share the buckets anew, if all partitions are at the barrier; say whether."""
    with transaction.atomic(using=using):
        rows = lock_partitions(subscription, using)
        newest = Subscription.objects.using(using).get(pk=subscription.pk)
        wanted = newest.wanted_partitions
        if wanted is None or not rows:
            return False
        if any(row.barrier is None or _place(row) != row.barrier for row in rows):
            return False
        Checkpoint.objects.using(using).filter(subscription=newest).delete()
        shares = [
            Checkpoint(
                subscription=newest,
                partition=number,
                first_bucket=first,
                last_bucket=last,
                position=rows[0].position,
                offset=rows[0].offset,
                epoch=max(row.epoch for row in rows) + 1,
                progressed_at=rows[0].progressed_at,
            )
            for number, (first, last) in enumerate(bucket_ranges(wanted))
        ]
        shares[0].handled = sum(row.handled for row in rows)
        for share in shares:
            share.parked_keys = count_parked_keys(share, using)
        Checkpoint.objects.using(using).bulk_create(shares)
        newest.partitions, newest.wanted_partitions = wanted, None
        newest.save(using=using, update_fields=["partitions", "wanted_partitions"])
    logger.info("%s: %d partitions now", newest.name, wanted)
    return True


def lock_partitions(subscription: Subscription, using: str) -> list[Checkpoint]:
    """Lock all partitions: first these, and in this order, as workers do."""
    return list(
        Checkpoint.objects.using(using)
        .select_related("subscription")
        .filter(subscription=subscription)
        .select_for_update(of=("self",))
        .order_by("partition")
    )


def _farthest(row: Checkpoint) -> int:
    """Return how far a partition has come, before it was reset to be rebuilt, too."""
    place = _place(row)
    return place if row.rebuild_until is None else max(place, row.rebuild_until)


def _place(row: Checkpoint) -> int:
    source = Source.parse(row.subscription.source)
    place = row.offset if source.is_stream else row.position
    return source.before_first if place is None else place
