"""Removing sagas that have come to their end long ago."""

from collections.abc import Callable, Collection
from datetime import timedelta

from django.db.models.functions import Now

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Saga
from eventstreaming.types import Duration

BATCH_SIZE = 1_000
ENDED = (Saga.State.COMPLETED, Saga.State.COMPENSATED)

Progress = Callable[[int], None]


def prune_sagas(
    older_than: Duration,
    names: Collection[str] = (),
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    store: str = DEFAULT_ALIAS,
) -> int:
    """
    Delete the rows of sagas that ended before `older_than`; return how many.

    `names` are those of sagas (default: all). Failed ones are kept: somebody has to
    look at them. So are the streams with the histories, see prune_streams(). An id
    may be started again afterwards. Each batch commits by itself, so the next run
    goes on where one was interrupted. With `dry_run` they are only counted.
    """
    age = arguments.seconds(older_than, "older_than", limits().delay)
    asked = [arguments.stream_name(name, "names") for name in names]
    kept_in = event_stores[store]
    if kept_in.database is None:
        raise UnsupportedOperation(f"{type(kept_in).__name__} keeps no sagas")
    sagas = Saga.objects.using(kept_in.database)
    ended = sagas.filter(
        state__in=ENDED, finished_at__lt=Now() - timedelta(seconds=age)
    )
    if asked:
        ended = ended.filter(name__in=asked)
    if dry_run:
        return ended.count()
    total = 0
    while keys := list(ended.order_by("id").values_list("pk", flat=True)[:BATCH_SIZE]):
        # The condition again: somebody else may prune, too.
        deleted, _ = ended.filter(pk__in=keys).delete()
        total += deleted
        if progress is not None:
            progress(total)
        if not deleted:
            break
    return total
