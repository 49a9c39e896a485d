"""Writing down what a subscription is, before a worker runs it."""

import logging
from typing import Any

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import HandlerConflict
from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.partitions import bucket_ranges
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.resizing import begin_resize
from eventstreaming.processing.starts import place_before

logger = logging.getLogger("eventstreaming.worker")


def prepare_subscription(
    declared: EventSubscription, store: BaseEventStore, using: str
) -> None:
    """
    Create the rows of a new subscription, or see whether they fit.

    Another number of partitions is begun with. Raise HandlerConflict when the
    stored source differs, or what events are shared by: the checkpoints would mean
    something else.
    """
    with store.batch():
        row, created = Subscription.objects.using(using).get_or_create(
            name=declared.name,
            defaults={
                "source": declared.source_text,
                "event_types": declared.event_types,
                "partitions": declared.partitions,
                "partition_by": declared.partition_by,
                "delivery": declared.delivery,
            },
        )
        if created:
            place = place_before(declared.start_from, declared.source, store)
            field = "offset" if declared.source.is_stream else "position"
            _create_partitions(row, {field: place}, using)
    _refuse_differences(row, declared)
    if row.event_types != declared.event_types:
        row.event_types = declared.event_types
        row.save(using=using, update_fields=["event_types"])
    if row.delivery != declared.delivery:
        row.delivery = declared.delivery
        row.save(using=using, update_fields=["delivery"])
    if (row.wanted_partitions or row.partitions) != declared.partitions:
        begin_resize(row, declared.partitions, using=using)
    if created:
        logger.info("%s: new subscription to %s", declared.name, declared.source_text)


def _create_partitions(row: Subscription, start: dict[str, Any], using: str) -> None:
    Checkpoint.objects.using(using).bulk_create(
        Checkpoint(
            subscription=row,
            partition=number,
            first_bucket=first,
            last_bucket=last,
            **start,
        )
        for number, (first, last) in enumerate(bucket_ranges(row.partitions))
    )


def _refuse_differences(row: Subscription, declared: EventSubscription) -> None:
    pairs = [
        ("reads", row.source, declared.source_text),
        ("is partitioned by", row.partition_by, declared.partition_by),
    ]
    for verb, stored, wanted in pairs:
        if stored != wanted:
            raise HandlerConflict(
                f"subscription {declared.name!r} {verb} {wanted!r} now, its checkpoint "
                f"was made for {stored!r}; give it a new name, or change it back"
            )
