"""Whether the partitions of a subscription share its events at all."""

import logging

from eventstreaming.models import Event
from eventstreaming.processing.registry import EventSubscription
from eventstreaming.processing.sources import SourceKind

logger = logging.getLogger("eventstreaming.worker")

LOOK_AFTER = 1_000  # handled events
SAMPLE = 1_000


def warn_of_one_bucket(declared: EventSubscription, using: str) -> None:
    """
    Say so when the newest events all fall into one bucket.

    Then one partition gets them all, and the others have nothing to do.
    """
    if declared.partitions == 1 or declared.partition_by == "event":
        return
    events, order = Event.objects.using(using), "position"
    if declared.source.kind is SourceKind.STREAM:
        events, order = events.filter(stream__name=declared.source.name), "offset"
    elif declared.source.kind is SourceKind.CATEGORY:
        events = events.filter(category=declared.source.name)
    newest = events.order_by(f"-{order}").values_list("bucket", flat=True)[:SAMPLE]
    if len({*newest}) == 1:
        logger.warning(
            "%s: the newest events of %s all fall into one bucket, so one of %d "
            "partitions gets them all; append with a key, or use partition_by='event'",
            declared.name,
            declared.source_text,
            declared.partitions,
        )
