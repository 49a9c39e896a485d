"""
Running sagas: a message of its queue is one turn of one saga.

A step's writes, the saga's row, its history, the next message and the
acknowledge of this one commit together: a step takes effect once in the
store's database, whoever is killed, and any worker goes on.
"""

import logging
from datetime import datetime
from math import inf

from eventstreaming.exceptions import InvalidType
from eventstreaming.models import Saga as SagaRow
from eventstreaming.processing.outages import is_contention, is_outage
from eventstreaming.processing.sagas.calling import call, refuse_too_many
from eventstreaming.processing.sagas.plans import Saga
from eventstreaming.processing.sagas.progress import ENDED, UNFINISHED, Progress
from eventstreaming.processing.sagas.rows import find_row, saga_database
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")


class SagaRunner:
    """Handles the messages of one saga's queue."""

    def __init__(self, saga: Saga) -> None:
        self.saga = saga

    def handle(self, message: Message) -> None:
        """Take the turn that a message asks for; pass over one that is out of date."""
        saga_id = message.data.get("saga") if isinstance(message.data, dict) else None
        if not isinstance(saga_id, str):
            raise InvalidType("message", f"{message!r} is none of a saga")
        with message.atomic():
            row = find_row(self.saga, saga_id, lock=True)
            if row is None:
                logger.warning("%s: there is no %r any more", self.saga.queue, saga_id)
                return
            if str(row.message_id) == message.message_id:
                row.message_id = None  # it is acknowledged with the block
            progress = Progress(self.saga, row)
            if self._take(progress, message):
                progress.save()

    def _take(self, progress: Progress, message: Message) -> bool:
        """Do what is to be done; return whether anything has changed."""
        row, data = progress.row, message.data
        if "signal" in data:
            if row.state in ENDED:
                return False
            progress.receive(data["signal"], data["data"])
        elif data.get("timed_out"):
            row.timeout_id = None
            if row.state not in UNFINISHED:
                return False
            progress.time_out(f"timed out after {self.saga.timeout:g} s")
        elif data.get("turn") != row.turn:
            return False
        elif row.waiting_for:
            progress.time_out(f"{row.step}: no signal {row.waiting_for!r} came in time")
        elif row.state in UNFINISHED:
            self._execute(progress, message)
        elif row.state == SagaRow.State.COMPENSATING:
            self._compensate(progress, message)
        else:
            return False
        return True

    def _execute(self, progress: Progress, message: Message) -> None:
        row, using = progress.row, saga_database(self.saga)
        step, seconds_left = self.saga.step(row.step), _seconds_left(row)
        try:
            refuse_too_many(message)
            result = call(
                step.execute, row, step.name, using=using, seconds=seconds_left
            )
        except BaseException as error:  # SystemExit must not end the thread unseen
            if is_outage(error, using) or is_contention(error):
                raise
            progress.fail(step, error, seconds_left=_seconds_left(row))
        else:
            progress.complete(step, result)

    def _compensate(self, progress: Progress, message: Message) -> None:
        row, using = progress.row, saga_database(self.saga)
        step = self.saga.step(row.step)
        try:
            refuse_too_many(message)
            if step.compensate is not None:
                call(step.compensate, row, f"{step.name}:undo", using=using)
        except BaseException as error:
            if is_outage(error, using) or is_contention(error):
                raise
            progress.fail_compensation(step, error)
        else:
            progress.compensated(step)


def seconds_allowed(message: Message) -> float | None:
    """Return how long the turn that a message asks for may take."""
    seconds = message.data.get("seconds") if isinstance(message.data, dict) else None
    return seconds if isinstance(seconds, int | float) and seconds > 0 else None


def _seconds_left(row: SagaRow) -> float:
    """Return how much of the step's time is left, by the database's clock."""
    if row.step_deadline is None:
        return inf
    now: datetime = row.now  # type: ignore[attr-defined]  # see find_row()
    return (row.step_deadline - now).total_seconds()
