"""What a saga is, once it is declared."""

from dataclasses import dataclass

from eventstreaming.events import arguments
from eventstreaming.exceptions import HandlerConflict, UnknownSaga
from eventstreaming.processing.sagas.steps import PlannedStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga:
    """
    A declared saga: its steps in order, and how long all of them may take.

    Made by `saga()`, and given to `start()` and the other functions.
    """

    name: str
    steps: tuple[PlannedStep, ...]
    timeout: float | None
    store: str
    place: str  # where it is declared

    @property
    def queue(self) -> str:
        """Return the queue that drives it, by which a worker is told to run it."""
        return f"saga:{self.name}"

    def stream_name(self, saga_id: object) -> str:
        """Return the stream with the history of one saga; check its id."""
        if saga_id is not None:
            arguments.stream_name(saga_id, "saga_id")
        return arguments.stream_name(f"saga-{self.name}/{saga_id}", "saga_id")

    def step(self, name: str) -> PlannedStep:
        """Return a step. Raise UnknownSaga when it is declared no more."""
        found = self.find(name)
        if found is None:
            known = [step.name for step in self.steps]
            raise UnknownSaga(self.name, known, step=name)
        return found

    def find(self, name: str) -> PlannedStep | None:
        """Return a step, or None."""
        return next((step for step in self.steps if step.name == name), None)

    def after(self, step: PlannedStep) -> PlannedStep | None:
        """Return the step that follows, None after the last one."""
        following = self.steps[self.steps.index(step) + 1 :]
        return following[0] if following else None


class Sagas:
    """A registry of the declared sagas."""

    def __init__(self) -> None:
        self._sagas: dict[str, Saga] = {}

    def add(self, saga: Saga) -> None:
        """Raise HandlerConflict when the name stands for another saga."""
        known = self._sagas.get(saga.name)
        if known is not None and known.place != saga.place:
            raise HandlerConflict(
                f"saga {saga.name!r} is declared by {known.place} already; "
                f"{saga.place} cannot declare it, too"
            )
        self._sagas[saga.name] = saga

    def find(self, saga: Saga | str) -> Saga:
        """Return a saga by its name. Raise UnknownSaga."""
        if isinstance(saga, Saga):
            return saga
        name = arguments.stream_name(saga, "saga")
        if name not in self._sagas:
            raise UnknownSaga(name, self.names())
        return self._sagas[name]

    def names(self) -> list[str]:
        """Return the names of all of them."""
        return sorted(self._sagas)


sagas = Sagas()
