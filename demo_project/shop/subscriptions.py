"""What the shop's workers run; `manage.py runworker` finds it here."""

from demo_project.shop import services
from demo_project.shop.events import OrderPlacedEvent
from demo_project.shop.models import CustomerSpending
from eventstreaming import Message, StoredEvent, queue_handler, subscription
from eventstreaming.projections import Projection, handles


@queue_handler("order-notifications", max_attempts=5)
def confirm_order(message: Message) -> None:
    """Confirm an order exactly once: the acknowledge commits with the writes."""
    with message.atomic():
        services.confirm_order(message.data["order_id"])


@queue_handler("email-queue", max_attempts=5)
def send_email(message: Message) -> None:
    """Send an e-mail at least once: what was sent cannot be rolled back."""
    services.send_email(message.payload)


class Spending(Projection):
    """
    The read model: each event counts exactly once, by the checkpoint.

    `manage.py rebuildprojection customer-spending` makes it anew.
    """

    name = "customer-spending"
    source = "orders"
    models = (CustomerSpending,)

    @handles(OrderPlacedEvent)
    def add(self, event: StoredEvent) -> None:
        """Add an order to what its customer has bought."""
        services.add_to_spending(event.payload)


@subscription("orders", name="billing", event_types=["OrderPlacedEvent"], partitions=4)
def bill(event: StoredEvent) -> None:
    """Bill orders, those of one customer in their order, of others side by side."""
    services.send_invoice(event.payload)
