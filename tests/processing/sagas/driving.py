"""Sagas of the tests' own, and a worker that takes one turn at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from eventstreaming import event_stores
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.models import Saga as SagaRow
from eventstreaming.processing import registry
from eventstreaming.processing.registry import Handlers
from eventstreaming.processing.sagas.plans import sagas
from eventstreaming.sagas import Saga, SagaContext, Step
from eventstreaming.testing import pass_time
from eventstreaming.types import Message

Does = Callable[[SagaContext], Any]


@dataclass
class Trace:
    """What steps were called, and what they are to do."""

    calls: list[str] = field(default_factory=list)
    does: dict[str, Does] = field(default_factory=dict)

    def call(self, what: str, saga: SagaContext) -> Any:
        self.calls.append(what)
        does = self.does.get(what)
        return does(saga) if does else None

    def fails(self, what: str, error: BaseException, times: int = 10**6) -> None:
        """Let a call fail so many times."""
        left = [times]

        def fail(saga: SagaContext) -> None:
            left[0] -= 1
            if left[0] >= 0:
                raise error

        self.does[what] = fail

    def step(self, called: str, *, undoes: bool = True, **options: Any) -> Step:
        """Return a step that leaves a trace; retried twice, at once."""
        trace = self

        class Traced(Step):
            def execute(self, saga: SagaContext) -> Any:
                return trace.call(called, saga)

        class Undoing(Traced):
            def compensate(self, saga: SagaContext) -> Any:
                return trace.call(f"undo {called}", saga)

        made = Undoing() if undoes else Traced()
        for name, value in ({"max_attempts": 2, "backoff": 0} | options).items():
            setattr(made, name, value)
        made.name = called
        return made


@contextmanager
def own_registries() -> Iterator[Handlers]:
    """Forget the sagas of a test."""
    handlers = Handlers()
    with (
        mock.patch.object(registry, "handlers", handlers),
        mock.patch.object(sagas, "_sagas", {}),
    ):
        yield handlers


def next_message(saga: Saga) -> Message | None:
    """Lease the next message, on a worker's terms."""
    handler = registry.handlers.queues[saga.queue]
    terms = LeaseTerms(handler.visibility_timeout, handler.max_deliveries)
    found = event_stores[saga.store].claim_many({saga.queue: terms}, 1)
    return found[0] if found else None


def take_turn(saga: Saga) -> bool:
    """Handle the next message, as a worker does; return False if there is none."""
    message = next_message(saga)
    if message is None:
        return False
    handle(saga, message)
    return True


def handle(saga: Saga, message: Message) -> None:
    """Handle a message as a worker does."""
    registry.handlers.queues[saga.queue].function(message)


def run(saga: Saga) -> None:
    """Take turns until nothing is due."""
    while take_turn(saga):
        pass


def let_all_come_due(saga: Saga) -> None:
    """Let all that waits for a time be due now, and all deadlines have passed."""
    pass_time(86_400, store=saga.store)
    rows = SagaRow.objects.using(event_stores[saga.store].database)
    deadlines = rows.filter(step_deadline__isnull=False)
    deadlines.update(step_deadline="2000-01-01T00:00:00Z")


def history(saga: Saga, saga_id: str) -> list[str]:
    """Return a saga's history in short."""
    events = event_stores[saga.store].read_stream(saga.stream_name(saga_id))
    return [
        " ".join([event.event_type.removeprefix("Saga"), *_details(event.data)])
        for event in events
    ]


def _details(data: dict[str, Any]) -> list[str]:
    return [str(data[name]) for name in ("step", "signal", "reason") if data.get(name)]
