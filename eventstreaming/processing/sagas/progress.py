"""
Moving a saga on: what its row becomes, what its history says, what comes next.

All of it happens in one transaction of the caller's, who has locked the row.
"""

import logging
from datetime import timedelta
from math import inf

from django.db.models.functions import Now

from eventstreaming.backends import event_stores
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.failures import failure_of
from eventstreaming.exceptions import DeliveredTooOften, HandlerInterrupted
from eventstreaming.models import Saga as SagaRow
from eventstreaming.processing.answers import describe
from eventstreaming.processing.sagas import history
from eventstreaming.processing.sagas.calling import StepTimedOut
from eventstreaming.processing.sagas.plans import Saga
from eventstreaming.processing.sagas.steps import PlannedStep
from eventstreaming.types import JSON

logger = logging.getLogger("eventstreaming.worker")

UNFINISHED = (SagaRow.State.RUNNING, SagaRow.State.WAITING)
ENDED = (SagaRow.State.COMPLETED, SagaRow.State.COMPENSATED)
# After these a step is not tried again: its time is over, or its message cancelled.
FINAL = (StepTimedOut, DeliveredTooOften, HandlerInterrupted)


class Progress:
    """One step of a locked saga forward or back; `save()` writes all of it."""

    def __init__(self, saga: Saga, row: SagaRow) -> None:
        self.saga = saga
        self.row = row
        self._events: list[object] = []
        self._delay: float | None = None
        self._seconds: float | None = None
        self._is_new_turn = False

    @property
    def store(self) -> BaseEventStore:
        return event_stores[self.saga.store]

    def begin(self) -> None:
        """Start with the first step, and with the time for all of them."""
        self._events.append(history.SagaStarted(data=self.row.data))
        if self.saga.timeout is not None:
            message = self.store.enqueue(
                self.saga.queue,
                {"saga": self.row.saga_id, "timed_out": True},
                delay=self.saga.timeout,
                correlation_id=self.row.correlation_id,
            )
            self.row.timeout_id = int(message)
        self._arrive(self.saga.steps[0])

    def complete(self, step: PlannedStep, result: JSON) -> None:
        """Go on after a step that was done."""
        row = self.row
        self._events.append(
            history.SagaStepCompleted(
                step=step.name, attempt=row.attempts + 1, result=result
            )
        )
        row.results[step.name] = result
        row.completed.append(step.name)
        row.error = ""
        following = self.saga.after(step)
        if following is None:
            self._end(SagaRow.State.COMPLETED, history.SagaCompleted())
        else:
            self._arrive(following)

    def fail(
        self, step: PlannedStep, error: BaseException, *, seconds_left: float = inf
    ) -> None:
        """Try a step again later, or give it up and undo what was completed."""
        delay = self._note_failure(step, error)
        if delay is not None and (
            delay >= seconds_left or isinstance(error, step.retry.dead_letter_on)
        ):
            delay = None
        row = self.row
        failed = history.SagaStepFailed(
            step=step.name, attempt=row.attempts, error=describe(error), retry_in=delay
        )
        self._events.append(failed)
        self._log(step, error, delay)
        if delay is None:
            self.compensate(f"{step.name}: {describe(error)}")
        else:
            row.state = SagaRow.State.RUNNING
            self._schedule(delay, None if seconds_left == inf else seconds_left - delay)

    def time_out(self, reason: str) -> None:
        """Give up waiting, or the whole saga."""
        self.row.error = reason
        self.compensate(reason)

    def receive(self, signal: str, data: JSON) -> None:
        """Keep what came with a signal; go on if the saga waits for it."""
        row = self.row
        row.signals[signal] = data
        self._events.append(history.SagaSignalReceived(signal=signal, data=data))
        if row.state == SagaRow.State.WAITING and row.waiting_for == signal:
            row.state, row.waiting_for, row.step_deadline = "running", "", None
            self._schedule(0.0)

    def compensate(self, reason: str) -> None:
        """Begin to undo, in reverse, what was completed."""
        row = self.row
        self._events.append(history.SagaCompensating(reason=reason[:1_000]))
        step = self.saga.find(row.step)
        if step is not None and step.undo_if_failed and row.attempts:
            row.completed.append(step.name)
        self._compensate_next()

    def compensated(self, step: PlannedStep) -> None:
        """Go on with the step before one that was undone."""
        self._events.append(
            history.SagaStepCompensated(step=step.name, attempt=self.row.attempts + 1)
        )
        self.row.completed.remove(step.name)
        self._compensate_next()

    def fail_compensation(self, step: PlannedStep, error: BaseException) -> None:
        """Try to undo a step again later, or leave it to somebody."""
        delay = self._note_failure(step, error)
        attempt, what = self.row.attempts, describe(error)
        failed = history.SagaCompensationFailed(
            step=step.name, attempt=attempt, error=what, retry_in=delay
        )
        self._events.append(failed)
        self._log(step, error, delay)
        if delay is None:
            end = history.SagaFailed(step=step.name, error=what)
            self._end(SagaRow.State.FAILED, end)
        else:
            self._schedule(delay)

    def resume(self) -> bool:
        """Try the present step again, now, whatever it was waiting for but a signal."""
        row = self.row
        if row.state in ENDED or row.waiting_for:
            return False
        self._events.append(history.SagaResumed(step=row.step))
        if row.state == SagaRow.State.FAILED:
            row.state, row.finished_at = SagaRow.State.COMPENSATING, None
        row.attempts = 0
        self._schedule(0.0)
        return True

    def skip_compensation(self) -> bool:
        """Take the step that could not be undone as undone."""
        row = self.row
        if row.state != SagaRow.State.FAILED:
            return False
        self._events.append(history.SagaCompensationSkipped(step=row.step))
        row.completed.remove(row.step)
        row.finished_at = None
        self._compensate_next()
        return True

    def save(self) -> None:
        """Write the row, the events, and the message of the next turn."""
        row = self.row
        if self._is_new_turn:
            self._replace_message()
        row.progressed_at = Now()
        row.save(using=self.store.database)
        if self._events:
            self.store.append(
                row.stream_name, self._events, correlation_id=row.correlation_id
            )

    def _note_failure(self, step: PlannedStep, error: BaseException) -> float | None:
        """Count the attempt; return the seconds to the next one, if there is one."""
        row = self.row
        row.attempts += 1
        row.error = failure_of(error).text
        if row.attempts >= step.retry.attempts_allowed or isinstance(error, FINAL):
            return None
        return step.retry.delay(row.attempts, error)

    def _arrive(self, step: PlannedStep) -> None:
        """Begin a step, or wait before it."""
        row = self.row
        row.step, row.attempts, row.waiting_for = step.name, 0, ""
        row.step_deadline = None
        if step.wait_for is not None and step.wait_for not in row.signals:
            row.state, row.waiting_for = SagaRow.State.WAITING, step.wait_for
            self._wait(step, step.timeout)
        elif step.delay:
            row.state = SagaRow.State.WAITING
            self._wait(step, step.delay, step.timeout)
        else:
            row.state = SagaRow.State.RUNNING
            self._schedule(0.0, step.timeout if step.wait_for is None else None)
        if step.timeout is not None and step.wait_for is None:
            end = (step.delay or 0.0) + step.timeout
            row.step_deadline = Now() + timedelta(seconds=end)

    def _wait(
        self, step: PlannedStep, seconds: float | None, timeout: float | None = None
    ) -> None:
        self._events.append(
            history.SagaStepWaiting(
                step=step.name, signal=step.wait_for, seconds=seconds
            )
        )
        self._schedule(seconds, timeout)

    def _compensate_next(self) -> None:
        """Undo the last completed step that can be undone, if there is one."""
        row = self.row
        while row.completed:
            step = self.saga.step(row.completed[-1])
            if step.compensate is not None:
                row.state, row.step = SagaRow.State.COMPENSATING, step.name
                row.attempts, row.waiting_for = 0, ""
                self._schedule(0.0)
                return
            row.completed.pop()
        self._end(SagaRow.State.COMPENSATED, history.SagaCompensated())

    def _end(self, state: SagaRow.State, event: object) -> None:
        row = self.row
        self._events.append(event)
        row.state, row.waiting_for = state, ""
        if state != SagaRow.State.FAILED:
            row.step, row.attempts = "", 0
        row.finished_at = Now()
        self._schedule(None)
        if row.timeout_id is not None:
            self.store.acknowledge(self.saga.queue, str(row.timeout_id))
            row.timeout_id = None

    def _schedule(self, delay: float | None, seconds: float | None = None) -> None:
        """
        Let the next turn come after `delay` seconds; None: not by itself.

        It may take `seconds`, after which its worker interrupts it.
        """
        self._is_new_turn, self._delay, self._seconds = True, delay, seconds

    def _replace_message(self) -> None:
        row = self.row
        row.turn += 1
        if row.message_id is not None:
            # That of a time-out, say. The one in hand is acknowledged by its holder.
            self.store.acknowledge(self.saga.queue, str(row.message_id))
        row.message_id = row.due_at = None
        if self._delay is None:
            return
        message = self.store.enqueue(
            self.saga.queue,
            {"saga": row.saga_id, "turn": row.turn, "seconds": self._seconds},
            delay=self._delay or None,
            correlation_id=row.correlation_id,
        )
        row.message_id = int(message)
        row.due_at = Now() + timedelta(seconds=self._delay)

    def _log(
        self, step: PlannedStep, error: BaseException, delay: float | None
    ) -> None:
        undoes = self.row.state == SagaRow.State.COMPENSATING
        what = "undoing" if undoes else "step"
        if not undoes and isinstance(error, step.retry.dead_letter_on):
            # An answer that the saga reckons with; all of it is in its history.
            logger.info("%s: step %s was given up: %r", self.row, step.name, error)
        elif delay is None:
            logger.error(
                "%s: %s %s failed for good after %d attempts: %r",
                self.row,
                what,
                step.name,
                self.row.attempts,
                error,
                exc_info=error,
            )
        else:
            logger.warning(
                "%s: %s %s failed (attempt %d), again in %.1f s: %r",
                self.row,
                what,
                step.name,
                self.row.attempts,
                delay,
                error,
            )
