"""Placing the orders of a file, each once however often it is replayed."""

from collections.abc import Iterable
from dataclasses import dataclass

from demo_project.shop.demo.order_files import OrderLine
from demo_project.shop.models import Customer
from demo_project.shop.services import place_order, register_and_verify_user
from eventstreaming import read_stream


@dataclass(slots=True)
class Replayed:
    """What a replay has added."""

    users: int = 0
    orders: int = 0

    @property
    def transactions(self) -> int:
        return self.users + self.orders

    @property
    def events(self) -> int:
        return 2 * self.users + self.orders  # a user is registered, then verified

    @property
    def messages(self) -> int:
        return self.users + 2 * self.orders  # an order is confirmed, then mailed


def replay(orders: Iterable[OrderLine]) -> Replayed:
    """
    Place the orders that the stream `orders` does not have yet.

    Users are registered with their first order. Each user and each order is one
    transaction, so an interrupted replay goes on where it was.
    """
    replayed = Replayed()
    placed = {
        event.data["reference"]
        for event in read_stream("orders", event_types=["OrderPlacedEvent"])
    }
    customers = {customer.email: customer for customer in Customer.objects.all()}
    for order in orders:
        if order.reference in placed:
            continue
        email = f"customer-{order.customer_number}@example.com"
        if email not in customers:
            customers[email] = register_and_verify_user(
                email, f"Customer {order.customer_number}"
            )
            replayed.users += 1
        place_order(
            customers[email],
            reference=order.reference,
            ordered_on=order.ordered_on,
            cds=order.cds,
            amount=order.amount,
        )
        replayed.orders += 1
    return replayed
