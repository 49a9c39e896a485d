"""What the shop does. Each function is one transaction: all of it, or nothing."""

from datetime import date
from decimal import Decimal
from zlib import crc32

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from demo_project.shop.events import (
    EmailVerifiedEvent,
    OrderPlacedEvent,
    SendEmailCommand,
    UserRegisteredEvent,
)
from demo_project.shop.models import Customer, CustomerSpending, Invoice, Order
from eventstreaming import append, correlation_scope, enqueue, sagas

FULFILLED_HERE = 20  # every so manieth order, so that the demo stays quick


@transaction.atomic
def register_and_verify_user(email: str, name: str) -> Customer:
    """Register a user whose address is known to be right, and greet them."""
    now = timezone.now()
    customer = Customer.objects.create(email=email, name=name)
    with correlation_scope():
        append(
            "users",
            [
                UserRegisteredEvent(
                    user_id=customer.pk, email=email, name=name, registered_at=now
                ),
                EmailVerifiedEvent(user_id=customer.pk, email=email, verified_at=now),
            ],
            key=f"customer-{customer.pk}",
        )
        enqueue(
            "email-queue",
            SendEmailCommand(
                to=email, subject="Welcome!", body="Thanks for registering."
            ),
        )
    return customer


@transaction.atomic
def place_order(
    customer: Customer, *, reference: str, ordered_on: date, cds: int, amount: Decimal
) -> Order:
    """
    Place an order, have it confirmed and, if it is one of ours, fulfilled.

    Raise IntegrityError when the reference was used before.
    """
    order = Order.objects.create(
        reference=reference,
        customer=customer,
        ordered_on=ordered_on,
        cds=cds,
        amount=amount,
    )
    with correlation_scope():
        append(
            "orders",
            OrderPlacedEvent(
                order_id=order.pk,
                reference=reference,
                customer_id=customer.pk,
                customer_name=customer.name,
                ordered_on=ordered_on,
                cds=cds,
                total_amount=amount,
            ),
            key=f"customer-{customer.pk}",
        )
        enqueue(
            "order-notifications",
            {
                "order_id": order.pk,
                "customer_name": customer.name,
                "type": "OrderPlaced",
            },
        )
        if is_fulfilled_here(reference):
            sagas.start("order-fulfilment", {"order_id": order.pk}, saga_id=reference)
    return order


def is_fulfilled_here(reference: str) -> bool:
    """Say whether an order is one of those that this shop ships itself."""
    return crc32(reference.encode()) % FULFILLED_HERE == 0


# No savepoint: these two are called inside the transaction of a worker.
@transaction.atomic(savepoint=False)
def confirm_order(order_id: int) -> None:
    """Note that the order is confirmed, and ask for the customer's e-mail."""
    order = Order.objects.select_related("customer").get(pk=order_id)
    order.confirmed_at = Now()
    order.save(update_fields=["confirmed_at"])
    enqueue(
        "email-queue",
        SendEmailCommand(
            to=order.customer.email,
            subject=f"Your order {order.reference}",
            body=f"Dear {order.customer.name},\n\n"
            f"thank you for your order of {order.cds} CDs for ${order.amount}.",
        ),
    )


@transaction.atomic(savepoint=False)
def add_to_spending(order: OrderPlacedEvent) -> None:
    """Add an order to what its customer has bought. Not idempotent: call it once."""
    spending = CustomerSpending.objects.filter(customer_id=order.customer_id)
    known = spending.update(
        orders=F("orders") + 1,
        cds=F("cds") + order.cds,
        amount=F("amount") + order.total_amount,
    )
    if not known:
        CustomerSpending.objects.create(
            customer_id=order.customer_id,
            orders=1,
            cds=order.cds,
            amount=order.total_amount,
        )


def send_invoice(order: OrderPlacedEvent) -> None:
    """Bill an order. Not idempotent: call it once."""
    Invoice.objects.create(
        order_id=order.order_id, cds=order.cds, amount=order.total_amount
    )


def send_email(email: SendEmailCommand) -> None:
    """Send an e-mail by the project's mail backend."""
    send_mail(email.subject, email.body, None, [email.to])
