"""
What the steps of the order saga do, each inside the transaction of its step.

Amounts are added and taken away, so a step that is done twice would show.
"""

from django.db.models import F
from django.db.models.functions import Now

from demo_project.shop.models import Fulfilment, Order

CARD_LIMIT = 100  # dollars; a card with more on it is declined
PARCEL_LIMIT = 4  # CDs; the carrier refuses a parcel with more


class CardDeclined(Exception):
    """The bank says no, and will say so again."""


class ParcelRefused(Exception):
    """The carrier does not take it, today or tomorrow."""


class CarrierBusy(Exception):
    """The carrier does not answer: try again."""


def reserve(order_id: int) -> None:
    """Take the CDs of an order off the shelf."""
    order = Order.objects.get(pk=order_id)
    Fulfilment.objects.create(order=order, cds=order.cds)


def put_back(order_id: int) -> None:
    """Put the CDs of an order back on the shelf."""
    order = Order.objects.get(pk=order_id)
    Fulfilment.objects.filter(pk=order_id).update(cds=F("cds") - order.cds)


def charge(order_id: int, payment: str) -> None:
    """
    Charge the customer's card; `payment` names the payment at the bank.

    Raise CardDeclined.
    """
    order = Order.objects.get(pk=order_id)
    if order.amount > CARD_LIMIT:
        raise CardDeclined(f"${order.amount} is beyond the limit of ${CARD_LIMIT}")
    Fulfilment.objects.filter(pk=order_id).update(
        charged=F("charged") + order.amount, payment=payment
    )


def pay_back(order_id: int) -> None:
    """Give the money back."""
    order = Order.objects.get(pk=order_id)
    Fulfilment.objects.filter(pk=order_id).update(charged=F("charged") - order.amount)


def ship(order_id: int, attempt: int) -> None:
    """
    Hand the parcel over. Raise ParcelRefused; for some orders CarrierBusy at first.
    """
    order = Order.objects.get(pk=order_id)
    if order.cds > PARCEL_LIMIT:
        raise ParcelRefused(f"{order.cds} CDs are beyond the limit of {PARCEL_LIMIT}")
    if attempt == 1 and order_id % 50 == 0:
        raise CarrierBusy("nobody answers")
    Fulfilment.objects.filter(pk=order_id).update(shipped_at=Now())
