"""How the buckets are shared among the partitions of a subscription."""

from itertools import pairwise

from eventstreaming.backends.reading import BucketRange
from eventstreaming.events.envelopes import BUCKETS
from eventstreaming.models import Checkpoint, Subscription


def bucket_ranges(partitions: int) -> list[tuple[int, int]]:
    """Return the first and last bucket of each partition: even shares, in order."""
    bounds = [BUCKETS * number // partitions for number in range(partitions + 1)]
    return [(first, after - 1) for first, after in pairwise(bounds)]


def buckets_of(checkpoint: Checkpoint) -> BucketRange | None:
    """Return the buckets of a partition, None where it has all of them."""
    if (checkpoint.first_bucket, checkpoint.last_bucket) == (0, BUCKETS - 1):
        return None
    by_event = checkpoint.subscription.partition_by == Subscription.PartitionBy.EVENT
    return BucketRange(checkpoint.first_bucket, checkpoint.last_bucket, by_event)
