"""Letting stopped subscriptions go on."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from eventstreaming.models import Checkpoint, Stream, Subscription
from eventstreaming.processing.sources import Source


def resume_subscriptions(subscriptions: Iterable[int], *, using: str) -> list[int]:
    """
    Let the stopped ones of these subscriptions go on; return their ids.

    The event that failed is tried again. Where the next events of a stream were
    removed meanwhile, the subscription goes on with the first one that is kept.
    `using` is the alias of the database that keeps them.
    """
    with transaction.atomic(using=using):
        stopped = list(
            Subscription.objects.using(using).filter(
                pk__in=list(subscriptions), state=Subscription.State.STOPPED
            )
        )
        keys = [subscription.pk for subscription in stopped]
        # Checkpoints first: a worker locks them in this order, too.
        checkpoints = Checkpoint.objects.using(using).filter(subscription__in=keys)
        checkpoints.update(attempts=0, error="", retry_at=None)
        for subscription in stopped:
            _pass_over_removed(subscription, using)
        Subscription.objects.using(using).filter(pk__in=keys).update(
            state=Subscription.State.ACTIVE
        )
    return keys


def _pass_over_removed(subscription: Subscription, using: str) -> None:
    source = Source.stored(subscription.source)
    if not source.is_stream:
        return
    streams = Stream.objects.using(using)
    stream = streams.filter(name=source.name, state=Stream.State.ACTIVE).first()
    if stream is None:
        return
    before = stream.first_offset - 1
    behind = Q(subscription=subscription, offset__lt=before)
    Checkpoint.objects.using(using).filter(behind).update(offset=before)
