"""What a step of a saga is given."""

from dataclasses import dataclass
from datetime import datetime

from eventstreaming.types import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaContext:
    """
    A saga as the step that runs sees it.

    `data` is what it was started with, `results` what its steps have returned,
    by their names, `signals` what came with the signals, by theirs. `attempt`
    begins at 1. `idempotency_key` is the same at each attempt of this step, and
    another one for its compensation.
    """

    name: str
    saga_id: str
    step: str
    data: JSON
    results: dict[str, JSON]
    signals: dict[str, JSON]
    attempt: int
    idempotency_key: str
    correlation_id: str
    started_at: datetime
