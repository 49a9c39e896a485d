"""Starting sagas, and what is done to them from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import IntegrityError, transaction

from eventstreaming.backends import event_stores
from eventstreaming.backends.twins import async_function
from eventstreaming.events import arguments
from eventstreaming.events.correlation import correlation_scope, current_correlation
from eventstreaming.events.ids import new_id
from eventstreaming.exceptions import SagaBusy, SagaConflict, SagaNotFound
from eventstreaming.models import Saga as SagaRow
from eventstreaming.processing.sagas.plans import Saga, sagas
from eventstreaming.processing.sagas.progress import UNFINISHED, Progress
from eventstreaming.processing.sagas.rows import find_row, saga_database
from eventstreaming.processing.sagas.values import stored_form
from eventstreaming.types import JSON


class StartedSaga(str):
    """A saga's id. `created` is False when it was started before."""

    __slots__ = ("created",)
    created: bool

    def __new__(cls, saga_id: str, *, created: bool = True) -> Self:
        self = super().__new__(cls, saga_id)
        self.created = created
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStatus:
    """
    Where a saga stands.

    `state` is running, waiting, compensating, completed, compensated or failed.
    `step` is the one at hand, `completed` are those that are done, less those that
    are undone again. `due_at` is when it goes on by itself, if it does. `error` is
    why it failed last.
    """

    name: str
    saga_id: str
    stream_name: str
    state: str
    step: str
    waiting_for: str
    completed: tuple[str, ...]
    data: JSON
    results: dict[str, JSON]
    attempts: int
    error: str
    correlation_id: str
    due_at: datetime | None
    started_at: datetime
    finished_at: datetime | None


def start(
    saga: Saga | str,
    data: object = None,
    *,
    saga_id: str | None = None,
    correlation_id: str | None = None,
) -> StartedSaga:
    """
    Start a saga; workers take its steps. Return its id.

    It takes part in the caller's transaction: without a commit nothing has
    started. `data` is what its steps are given: anything that has a JSON form.
    `saga_id` names it, after the order say (default: a new id), in the characters
    of a stream name; a second start with the same id and data starts nothing and
    returns an id with `created` False, with other data it raises SagaConflict.
    What the steps write carries `correlation_id` (default: that of the scope, else
    the name of the stream with the saga's history).
    """
    saga = sagas.find(saga)
    database = saga_database(saga)
    saga_id = str(new_id()) if saga_id is None else saga_id
    stream_name = saga.stream_name(saga_id)
    data = stored_form(data, "data")
    correlation_id = (
        arguments.text(correlation_id, "correlation_id")
        or current_correlation().correlation_id
        or stream_name
    )
    known = find_row(saga, saga_id)
    if known is None:
        try:
            with transaction.atomic(using=database), correlation_scope(correlation_id):
                row = SagaRow.objects.using(database).create(
                    name=saga.name,
                    saga_id=saga_id,
                    state=SagaRow.State.RUNNING,
                    data=data,
                    correlation_id=correlation_id,
                )
                progress = Progress(saga, row)
                progress.begin()
                progress.save()
            return StartedSaga(saga_id)
        except IntegrityError:
            known = find_row(saga, saga_id)
            if known is None:
                raise
    if known.data != data:
        raise SagaConflict(saga.name, saga_id)
    return StartedSaga(saga_id, created=False)


def signal(saga: Saga | str, saga_id: str, name: str, data: object = None) -> None:
    """
    Tell a saga something that one of its steps waits for, now or later.

    Steps find `data` in `saga.signals[name]`; of two signals of one name the last
    counts. It is a message in the caller's transaction and waits for nobody. A saga
    that has ended passes it over. Raise SagaNotFound.
    """
    saga = sagas.find(saga)
    saga.stream_name(saga_id)
    message = {
        "saga": saga_id,
        "signal": arguments.type_name(name, "name"),
        "data": stored_form(data, "data"),
    }
    row = find_row(saga, saga_id)
    if row is None:
        raise SagaNotFound(saga.name, saga_id)
    event_stores[saga.store].enqueue(
        saga.queue, message, correlation_id=row.correlation_id
    )


def cancel(saga: Saga | str, saga_id: str, *, reason: str = "cancelled") -> bool:
    """
    Give a running or waiting saga up: what was completed is undone in reverse.

    Return False if it has come to its end, or is compensating. Takes part in the
    caller's transaction. Raise SagaNotFound; SagaBusy while a worker is at a step.
    """
    saga = sagas.find(saga)
    reason = arguments.text(reason, "reason") or "cancelled"
    with transaction.atomic(using=saga_database(saga)):
        progress = _locked(saga, saga_id)
        if progress.row.state not in UNFINISHED:
            return False
        progress.time_out(reason)
        progress.save()
    return True


def resume(saga: Saga | str, saga_id: str, *, skip_step: bool = False) -> bool:
    """
    Try the step at hand now, and as often as if it had not failed.

    So a failed saga goes on to undo its steps; with `skip_step` it takes the one
    that it could not undo as undone, because somebody has seen to it. A saga that
    waits for a time, or to retry, goes on at once. Return False if it has ended or
    waits for a signal. Takes part in the caller's transaction. Raise SagaNotFound;
    SagaBusy while a worker is at a step.
    """
    saga = sagas.find(saga)
    skips = arguments.flag(skip_step, "skip_step")
    with transaction.atomic(using=saga_database(saga)):
        progress = _locked(saga, saga_id)
        moved = progress.skip_compensation() if skips else progress.resume()
        if moved:
            progress.save()
    return moved


def status(saga: Saga | str, saga_id: str) -> SagaStatus:
    """Return where a saga stands. Raise SagaNotFound."""
    saga = sagas.find(saga)
    row = find_row(saga, saga_id)
    if row is None:
        raise SagaNotFound(saga.name, saga_id)
    return SagaStatus(
        name=row.name,
        saga_id=row.saga_id,
        stream_name=row.stream_name,
        state=str(row.state),
        step=row.step,
        waiting_for=row.waiting_for,
        completed=tuple(row.completed),
        data=row.data,
        results=row.results,
        attempts=row.attempts,
        error=row.error,
        correlation_id=row.correlation_id,
        due_at=row.due_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _locked(saga: Saga, saga_id: str) -> Progress:
    row = find_row(saga, saga_id, lock=True, wait=False)
    if row is not None:
        return Progress(saga, row)
    if find_row(saga, saga_id) is None:
        raise SagaNotFound(saga.name, saga_id)
    raise SagaBusy(saga.name, saga_id)


astart = async_function(start)
asignal = async_function(signal)
acancel = async_function(cancel)
aresume = async_function(resume)
astatus = async_function(status)
