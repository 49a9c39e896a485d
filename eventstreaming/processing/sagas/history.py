"""The events of a saga's history, in the stream `saga-<name>/<id>`."""

from dataclasses import dataclass

from eventstreaming.events.registry import event
from eventstreaming.types import JSON


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStarted:
    data: JSON


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStepWaiting:
    """Before a step: for a signal, at most so long, or for that time."""

    step: str
    signal: str | None
    seconds: float | None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaSignalReceived:
    signal: str
    data: JSON


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStepCompleted:
    step: str
    attempt: int
    result: JSON


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStepFailed:
    """An attempt failed. `retry_in` is None when it was the last one."""

    step: str
    attempt: int
    error: str
    retry_in: float | None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaCompensating:
    reason: str


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaStepCompensated:
    step: str
    attempt: int


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaCompensationFailed:
    """An attempt to undo failed. `retry_in` is None when it was the last one."""

    step: str
    attempt: int
    error: str
    retry_in: float | None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaCompensationSkipped:
    """Somebody has said that a step is undone, or need not be."""

    step: str


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaResumed:
    step: str


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaCompleted:
    pass


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaCompensated:
    pass


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SagaFailed:
    """A step could not be undone: somebody has to look at it."""

    step: str
    error: str
