"""How many sagas are under way, and how many somebody has to look at."""

from dataclasses import dataclass

from eventstreaming.models import Saga
from eventstreaming.processing.sagas.plans import sagas

BOUND = 10_000
SHOWN = ("running", "waiting", "compensating", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaCounts:
    """
    The sagas of one name that have not come to their end, by their states.

    Each state is counted up to 10,000; beyond that `is_exact` is False.
    """

    name: str
    running: int
    waiting: int
    compensating: int
    failed: int

    @property
    def is_exact(self) -> bool:
        return max(self.running, self.waiting, self.compensating, self.failed) < BOUND


def saga_counts(store: str, using: str) -> list[SagaCounts]:
    """
    Count the sagas that this process knows and that a store keeps, by name.

    Those of which none is under way or failed are left out.
    """
    names = [name for name in sagas.names() if sagas.find(name).store == store]
    rows = Saga.objects.using(using)
    found = []
    for name in names:
        of_name = rows.filter(name=name)
        counts = {state: of_name.filter(state=state)[:BOUND].count() for state in SHOWN}
        if any(counts.values()):
            found.append(SagaCounts(name=name, **counts))
    return found
