"""What the order saga has done, told by its state and by its tables."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.db.models import Sum

from demo_project.shop.demo.totals import Totals
from demo_project.shop.models import Fulfilment, Order
from demo_project.shop.sagas import order_fulfilment
from eventstreaming.models import Saga


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """Sagas by their states, and the orders that they and the tables call shipped."""

    states: Counter[str]
    by_sagas: Totals
    by_tables: Totals

    @classmethod
    def of_database(cls) -> Self:
        """Count the sagas, and add up what they have done."""
        sagas = Saga.objects.filter(name=order_fulfilment.name)
        completed = sagas.filter(state=Saga.State.COMPLETED)
        ids = [data["order_id"] for data in completed.values_list("data", flat=True)]
        by_sagas = Totals()
        for cds, amount in Order.objects.filter(pk__in=ids).values_list(
            "cds", "amount"
        ):
            by_sagas = by_sagas.add(cds, amount)
        done = Fulfilment.objects.all()
        by_tables = Totals(
            done.filter(shipped_at__isnull=False).count(),
            **done.aggregate(
                cds=Sum("cds", default=0), revenue=Sum("charged", default=Decimal(0))
            ),
        )
        return cls(Counter(sagas.values_list("state", flat=True)), by_sagas, by_tables)

    def problems(self) -> list[str]:
        """Return what is not as it must be."""
        problems = []
        ended = self.states["completed"] + self.states["compensated"]
        if ended < self.states.total():
            problems.append("there are unfinished sagas; look at them in the admin")
        if self.by_sagas != self.by_tables:
            problems.append(
                f"sagas have shipped {self.by_sagas}, the tables say {self.by_tables}"
            )
        return problems

    def __str__(self) -> str:
        return (
            f"{self.states.total():,}: {self.states['completed']:,} shipped, "
            f"{self.states['compensated']:,} undone"
        )
