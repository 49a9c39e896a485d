"""What the demo has done, counted in three places that must agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.db.models import Count, Sum

from demo_project.shop.demo.fulfilled import Fulfilled
from demo_project.shop.demo.order_files import OrderLine
from demo_project.shop.demo.processing import SUBSCRIPTION
from demo_project.shop.demo.totals import Totals
from demo_project.shop.models import CustomerSpending, Invoice
from eventstreaming import queue_info, read_stream, stream_info

QUEUES = ("order-notifications", "email-queue")


@dataclass(frozen=True, slots=True)
class Summary:
    """The state of the store after a replay."""

    file: Totals
    file_in_stream: Totals
    stream: Totals
    read_model: Totals
    invoices: Totals
    fulfilled: Fulfilled
    waiting: dict[str, int]
    dead: int

    @classmethod
    def of(cls, orders: Iterable[OrderLine]) -> Self:
        """Count the orders of the file, of the stream, and of the read model."""
        file, references = Totals(), set()
        for order in orders:
            file = file.add(order.cds, order.amount)
            references.add(order.reference)
        stream = file_in_stream = Totals()
        for event in read_stream("orders", event_types=["OrderPlacedEvent"]):
            placed = event.payload
            stream = stream.add(placed.cds, placed.total_amount)
            if placed.reference in references:
                file_in_stream = file_in_stream.add(placed.cds, placed.total_amount)
        infos = {name: queue_info(name, exact=True) for name in QUEUES}
        return cls(
            file=file,
            file_in_stream=file_in_stream,
            stream=stream,
            read_model=_spending(),
            invoices=_invoices(),
            fulfilled=Fulfilled.of_database(),
            waiting={name: info.depth for name, info in infos.items()},
            dead=sum(info.dead for info in infos.values()),
        )

    def problems(self) -> list[str]:
        """Return what is not as it must be."""
        problems = []
        if self.file != self.file_in_stream:
            problems.append(
                f"of the file's orders the stream has {self.file_in_stream}"
            )
        if self.stream != self.read_model:
            problems.append(
                f"the read model is not what the stream says: {self.stream}"
            )
        if self.stream != self.invoices:
            problems.append(f"the invoices are not what the stream says: {self.stream}")
        problems += self.fulfilled.problems()
        if any(self.waiting.values()):
            problems.append("messages are waiting")
        if self.dead:
            problems.append("there are dead letters; redrive them in the admin")
        return problems

    def lines(self) -> list[str]:
        """Return the summary as a text."""
        users, orders = stream_info("users"), stream_info("orders")
        events = (users.length or 0) + (orders.length or 0)
        waiting = ", ".join(
            f"{name} {f'{depth:,} messages' if depth else 'empty'}"
            for name, depth in self.waiting.items()
        )
        return [
            f"{title:<14}{text}"
            for title, text in [
                ("file", f"{self.file}"),
                ("stream orders", f"{self.stream}"),
                ("read model", f"{self.read_model} ({SUBSCRIPTION})"),
                ("invoices", f"{self.invoices} (billing, in 4 partitions)"),
                ("order sagas", f"{self.fulfilled}"),
                ("events", f"{events:,} in users and orders"),
                ("queues", waiting),
                ("dead letters", f"{self.dead:,}" if self.dead else "none"),
            ]
        ]


def _spending() -> Totals:
    sums = CustomerSpending.objects.aggregate(
        orders=Sum("orders", default=0),
        cds=Sum("cds", default=0),
        revenue=Sum("amount", default=Decimal(0)),
    )
    return Totals(**sums)


def _invoices() -> Totals:
    sums = Invoice.objects.aggregate(
        orders=Count("pk"),
        cds=Sum("cds", default=0),
        revenue=Sum("amount", default=Decimal(0)),
    )
    return Totals(**sums)
