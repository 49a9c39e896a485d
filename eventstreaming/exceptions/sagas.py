"""What can go wrong with sagas."""

from collections.abc import Sequence

from eventstreaming.exceptions.base import EventStreamingError


class UnknownSaga(EventStreamingError, LookupError):
    """Nothing is declared under the name of a saga, or of a step of it."""

    def __init__(self, name: str, known: Sequence[str], *, step: str = "") -> None:
        what = f"no saga {name[:80]!r}"
        if step:
            what = f"saga {name!r} declares no step {step!r}"
        super().__init__(f"{what}; known are {', '.join(known) or 'none'}"[:300])
        self.name = name
        self.step = step


class SagaNotFound(EventStreamingError, LookupError):
    """No saga with this id was started."""

    def __init__(self, name: str, saga_id: str) -> None:
        super().__init__(f"saga {name!r}: none was started with the id {saga_id[:80]}")
        self.name = name
        self.saga_id = saga_id


class SagaConflict(EventStreamingError):
    """A saga with this id was started before, with other data."""

    def __init__(self, name: str, saga_id: str) -> None:
        super().__init__(
            f"saga {name!r}: {saga_id[:80]} was started before, with other data"
        )
        self.name = name
        self.saga_id = saga_id


class SagaBusy(EventStreamingError):
    """A worker is at a step of the saga at this moment; try again later."""

    def __init__(self, name: str, saga_id: str) -> None:
        super().__init__(
            f"saga {name!r}: a worker is at a step of {saga_id[:80]}; try again"
        )
        self.name = name
        self.saga_id = saga_id
