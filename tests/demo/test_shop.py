"""The shop's services and handlers, each a transaction with its events."""

from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client

from demo_project.shop import services, subscriptions
from demo_project.shop.models import (
    Customer,
    CustomerSpending,
    Fulfilment,
    Invoice,
    Order,
)
from eventstreaming import dequeue, queue_info, read_all, read_stream, sagas
from eventstreaming.testing import run_until_idle

pytestmark = pytest.mark.django_db


def register(name: str = "Ann") -> Customer:
    return services.register_and_verify_user(f"{name}@example.com".lower(), name)


def place(customer: Customer, reference: str, cds: int = 2) -> Order:
    return services.place_order(
        customer,
        reference=reference,
        ordered_on=date(1997, 1, 1),
        cds=cds,
        amount=cds * Decimal("11.77"),
    )


def test_a_user_is_registered_and_verified() -> None:
    customer = register()
    registered, verified = read_stream("users")
    assert registered.event_type == "UserRegisteredEvent"
    assert registered.payload.user_id == customer.pk
    assert verified.event_type == "EmailVerifiedEvent"
    assert verified.payload.email == "ann@example.com"
    message = dequeue("email-queue")
    assert message is not None
    assert message.payload.subject == "Welcome!"
    assert message.correlation_id == registered.correlation_id


def test_an_order_is_a_row_an_event_and_a_notification() -> None:
    order = place(register(), "A1")
    (event,) = read_stream("orders")
    assert event.event_type == "OrderPlacedEvent"
    assert event.payload.order_id == order.pk
    assert event.payload.total_amount == Decimal("23.54")
    message = dequeue("order-notifications")
    assert message is not None
    assert message.data == {
        "order_id": order.pk,
        "customer_name": "Ann",
        "type": "OrderPlaced",
    }
    assert message.correlation_id == event.correlation_id


def test_the_same_reference_places_nothing() -> None:
    customer = register()
    place(customer, "A1")
    with pytest.raises(IntegrityError):
        place(customer, "A1")
    assert len(list(read_stream("orders"))) == 1
    assert queue_info("order-notifications").depth == 1


def test_a_notification_confirms_the_order_and_asks_for_an_email() -> None:
    order = place(register(), "A1")
    welcome = dequeue("email-queue")
    assert welcome is not None
    welcome.acknowledge()
    message = dequeue("order-notifications")
    assert message is not None
    subscriptions.confirm_order(message)
    order.refresh_from_db()
    assert order.confirmed_at is not None
    assert queue_info("order-notifications").depth == 0
    email = dequeue("email-queue")
    assert email is not None
    subscriptions.send_email(email)
    (sent,) = mail.outbox
    assert sent.subject == "Your order A1"
    assert sent.to == ["ann@example.com"]
    assert "2 CDs for $23.54" in str(sent.body)


def test_a_notification_that_fails_changes_nothing() -> None:
    order = place(register(), "A1")
    message = dequeue("order-notifications")
    assert message is not None
    Order.objects.all().delete()
    with pytest.raises(Order.DoesNotExist):
        subscriptions.confirm_order(message)
    assert queue_info("order-notifications").in_flight == 1
    assert queue_info("email-queue").depth == 1  # the welcome
    assert order.reference == "A1"


def test_spending_adds_up_per_customer() -> None:
    ann, bob = register("Ann"), register("Bob")
    for customer, reference, cds in [(ann, "A1", 2), (bob, "B1", 1), (ann, "A2", 3)]:
        place(customer, reference, cds)
    subscriptions.Spending().project(list(read_stream("orders")))
    assert list(
        CustomerSpending.objects.order_by("pk").values_list("orders", "cds", "amount")
    ) == [(2, 5, Decimal("58.85")), (1, 1, Decimal("11.77"))]


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_all_of_it() -> None:
    for number in range(3):
        place(register(f"Customer{number}"), f"A{number}", cds=number)
    call_command(
        "runworker",
        "order-notifications",
        "email-queue",
        "customer-spending",
        "billing",
        "--batch",
        verbosity=0,
    )
    assert len(mail.outbox) == 6
    assert not Order.objects.filter(confirmed_at=None).exists()
    assert sum(spending.cds for spending in CustomerSpending.objects.all()) == 3
    assert Invoice.objects.count() == 3
    assert {event.stream_name for event in read_all()} == {"users", "orders"}


@pytest.mark.parametrize(
    ("cds", "state", "left"),
    [
        (2, "completed", (2, Decimal("23.54"))),
        (5, "compensated", (0, Decimal(0))),  # the carrier refuses the parcel
        (9, "compensated", (0, Decimal(0))),  # the card is declined
    ],
)
def test_an_order_is_fulfilled_or_all_of_it_is_undone(
    cds: int, state: str, left: tuple[int, Decimal]
) -> None:
    references = (f"A{number}" for number in count())
    reference = next(filter(services.is_fulfilled_here, references))
    order = place(register(), reference, cds=cds)
    runs = run_until_idle("saga:order-fulfilment", errors="collect")
    assert [run.error for run in runs if run.error] == []
    done = sagas.status("order-fulfilment", reference)
    assert done.state == state
    fulfilment = Fulfilment.objects.get(pk=order.pk)
    assert (fulfilment.cds, fulfilment.charged) == left
    assert (fulfilment.shipped_at is not None) is (state == "completed")
    (placed,) = read_stream("orders")
    assert done.correlation_id == placed.correlation_id


@pytest.mark.parametrize("model", ["customer", "order", "customerspending"])
def test_admin_pages_show_and_change_nothing(model: str) -> None:
    customer = register()
    order = place(customer, "A1")
    subscriptions.Spending().project(list(read_stream("orders")))
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    page = client.get(f"/admin/shop/{model}/")
    assert page.status_code == 200
    assert "Ann" in page.content.decode()
    key = order.pk if model == "order" else customer.pk
    detail = client.get(f"/admin/shop/{model}/{key}/change/")
    assert detail.status_code == 200
    assert "_save" not in detail.content.decode()
    assert client.get(f"/admin/shop/{model}/add/").status_code == 403
    assert client.post(f"/admin/shop/{model}/{key}/delete/").status_code == 403
