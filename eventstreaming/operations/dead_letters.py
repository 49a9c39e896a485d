"""Many dead letters at a time: counted, sent back at a bounded rate, thrown away."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from eventstreaming import clock, services
from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidArgument, InvalidType, InvalidValue
from eventstreaming.types import Duration

BATCH_SIZE = 1_000
BATCHES_PER_SECOND = 5
MOMENT = 0.01  # seconds that a statement may be under way to the store's clock

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterSelection:
    """
    Which dead letters of a queue are meant: those that meet all conditions.

    A store checks them when they are used. `older_than` and `newer_than` are
    how long ago the messages died.
    """

    stream_name: str
    ids: tuple[str, ...] | None = None
    reason: str | None = None
    fingerprint: str | None = None
    older_than: Duration | None = None
    newer_than: Duration | None = None
    store: str = DEFAULT_ALIAS

    def conditions(self) -> dict[str, Any]:
        """Return the keyword arguments that all functions take."""
        return {
            "reason": self.reason,
            "fingerprint": self.fingerprint,
            "older_than": self.older_than,
            "newer_than": self.newer_than,
        }


def count_selected(selection: DeadLetterSelection) -> int:
    """Return how many dead letters are meant at this moment, exactly."""
    store = event_stores[selection.store]
    return store.count_dead_letters(
        selection.stream_name, selection.ids, **selection.conditions()
    )


def redrive_selected(
    selection: DeadLetterSelection,
    *,
    limit: int | None = None,
    rate: float | None = None,
    progress: Progress | None = None,
) -> int:
    """
    Send dead letters back, the oldest first; return how many.

    At most `rate` a second, so that what failed once is not flooded. Each batch
    is a transaction of its own: an interruption loses nothing, and the next
    call goes on. What dies again meanwhile is left alone.
    """

    def redrive(part: DeadLetterSelection, size: int) -> int:
        return services.redrive(
            part.stream_name,
            part.ids,
            limit=size,
            store=part.store,
            **part.conditions(),
        )

    return _in_batches(redrive, selection, limit, _checked_rate(rate), progress)


def discard_selected(
    selection: DeadLetterSelection,
    *,
    limit: int | None = None,
    progress: Progress | None = None,
) -> int:
    """
    Delete dead letters for good, the oldest first; return how many.

    Each batch is a transaction of its own. What dies meanwhile is left alone.
    """

    def discard(part: DeadLetterSelection, size: int) -> int:
        return services.discard(
            part.stream_name,
            part.ids,
            limit=size,
            store=part.store,
            **part.conditions(),
        )

    return _in_batches(discard, selection, limit, None, progress)


def prune_dead_letters(
    stream_names: Iterable[str] = (),
    *,
    older_than: Duration | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    store: str = DEFAULT_ALIAS,
) -> dict[str, int]:
    """
    Delete dead letters that are kept no longer; return how many of each queue.

    A queue keeps them for its `dead_letter_retention` (see configure_queue),
    for ever when it has none; `older_than` takes the place of the setting. With
    `dry_run` they are only counted. Of all queues, those with a name that only SQL can
    write are passed over.
    """
    stored = event_stores[store].dead_letter_queues
    names = list(stream_names) or list(filter(_is_let_in, stored()))
    pruned: dict[str, int] = {}
    for name in names:
        retention = older_than
        if retention is None:
            retention = services.queue_settings(name, store=store).dead_letter_retention
        if retention is None:
            continue
        selection = DeadLetterSelection(
            stream_name=name, older_than=retention, store=store
        )
        pruned[name] = (
            count_selected(selection)
            if dry_run
            else discard_selected(selection, progress=progress)
        )
    return pruned


def _is_let_in(name: str) -> bool:
    try:
        arguments.stream_name(name)
    except InvalidArgument:
        return False
    return True


def _in_batches(
    work: Callable[[DeadLetterSelection, int], int],
    selection: DeadLetterSelection,
    limit: int | None,
    rate: float | None,
    progress: Progress | None,
) -> int:
    """Do the work in batches until nothing that was dead at the beginning is left."""
    limit = arguments.optional_integer(limit, "limit", 1)
    size = BATCH_SIZE
    if rate is not None:
        size = min(BATCH_SIZE, max(1, int(rate / BATCHES_PER_SECOND)))
    began, done = clock.monotonic(), 0
    while limit is None or done < limit:
        elapsed = clock.monotonic() - began + MOMENT if done else 0.0
        part = _died_before(selection, elapsed)
        wanted = size if limit is None else min(size, limit - done)
        count = work(part, wanted)
        done += count
        if progress is not None and count:
            progress(done)
        if count < wanted:
            break
        if rate is not None:
            clock.sleep(max(0.0, began + done / rate - clock.monotonic()))
    return done


def _died_before(selection: DeadLetterSelection, elapsed: float) -> DeadLetterSelection:
    """Leave out what died in the last `elapsed` seconds: it died again."""
    if selection.older_than is None:
        return replace(selection, older_than=elapsed)
    older_than = arguments.optional_delay(selection.older_than, "older_than") or 0.0
    return replace(selection, older_than=max(older_than, elapsed))


def _checked_rate(rate: float | None) -> float | None:
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise InvalidType("rate", f"must be a number, not {type(rate).__name__}")
    if not 0.001 <= rate <= 1_000_000:
        raise InvalidValue(
            "rate", f"must be between 0.001 and 1000000 a second, not {rate:g}"
        )
    return float(rate)
