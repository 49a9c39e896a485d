"""A day in the demo's shop: what the pages show of a project that is at work."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from django.utils import timezone

from demo_project.shop import services
from demo_project.shop.models import Customer
from eventstreaming import __version__, dequeue_many
from eventstreaming.models import Message, QueueActivity, Saga, WorkerHeartbeat
from eventstreaming.processing.measures import BUCKETS
from eventstreaming.testing import run_until_idle

NAMES = ["Ada Lovelace", "Barbara Liskov", "Edsger Dijkstra", "Frances Allen"]
NAMES += ["Grace Hopper", "Donald Knuth", "Radia Perlman", "Tony Hoare"]
WORK = ["email-queue", "saga:order-fulfilment", "billing", "customer-spending"]
ROOT = Path(__file__).resolve().parents[2]
HANDLED, WAITING = 90, 26  # orders
PARCEL_TOO_LARGE = 6  # CDs
REFUSED = """\
Traceback (most recent call last):
  File "/srv/shop/shop/subscriptions.py", line 23, in send_email
    services.send_email(message.payload)
  File "/srv/shop/shop/services.py", line 141, in send_email
    send_mail(email.subject, email.body, None, [email.to])
smtplib.SMTPRecipientsRefused: {'ada@example.com': (550, b'5.1.1 no such mailbox')}
"""


def live_through() -> Saga:
    """Sell, confirm, ship and fail; return the saga of an order that was undone."""
    chance = Random(1126)
    customers = [
        services.register_and_verify_user(
            f"{name.split()[0]}@example.com".lower(), name
        )
        for name in NAMES
    ]
    for number in range(HANDLED):
        _place(chance, customers, number)
    run_until_idle("order-notifications", errors="collect")
    undone = Saga.objects.earliest("pk")
    _refuse_mail(undone.correlation_id)
    run_until_idle(*WORK, errors="collect", ahead=30)
    for number in range(HANDLED, HANDLED + WAITING):
        _place(chance, customers, number)
    dequeue_many("order-notifications", 3, 300)
    for message in dequeue_many("order-notifications", 2):
        message.nack(delay=240, error="OperationalError: deadlock detected")
    undone.refresh_from_db()
    undone.error = undone.error.replace(str(ROOT), "/srv/shop")
    undone.save()
    _note_activity(chance)
    _start_workers()
    return undone


def _place(chance: Random, customers: list[Customer], number: int) -> None:
    reference = f"A-{10_400 + number}"
    cds = chance.randint(1, 3)
    if services.is_fulfilled_here(reference):
        cds = PARCEL_TOO_LARGE
    services.place_order(
        chance.choice(customers),
        reference=reference,
        ordered_on=date(2026, 11, 26),
        cds=cds,
        amount=cds * Decimal("11.77"),
    )


def _refuse_mail(correlation_id: str | None) -> None:
    """Let the mails of a story and of two more customers die."""
    mails = Message.objects.filter(queue="email-queue")
    chosen = {*mails.filter(correlation_id=correlation_id).values_list("pk", flat=True)}
    chosen |= {*mails.order_by("pk").values_list("pk", flat=True)[:2]}
    for message in dequeue_many("email-queue", 1_000):
        if int(message.message_id) in chosen:
            message.nack(error=REFUSED, dead_letter=True)
        else:
            message.nack(delay=0, error="OSError: [Errno 101] Network is unreachable")


def _note_activity(chance: Random) -> None:
    """Note an hour of work as workers do, busier in its middle."""
    now = timezone.now()
    rows = []
    for minute in range(60):
        busy = 60 - abs(minute - 35)
        for queue, share, run in (("order-notifications", 2, 3), ("email-queue", 3, 7)):
            done = share * busy + chance.randint(0, 40)
            waits, runs = [0] * BUCKETS, [0] * BUCKETS
            waits[4], waits[7] = done - done // 9, done // 9
            runs[run], runs[run + 2] = done - done // 12, done // 12
            rows.append(
                QueueActivity(
                    queue=queue,
                    worker_id="web-1:4211",
                    at=now - timedelta(minutes=minute, seconds=5),
                    done=done,
                    failed=chance.randint(0, 2) if queue == "email-queue" else 0,
                    waits=waits,
                    runs=runs,
                    depth=chance.randint(5, 40),
                )
            )
    QueueActivity.objects.bulk_create(rows)


def _start_workers() -> None:
    now = timezone.now()
    running, draining = WorkerHeartbeat.State.RUNNING, WorkerHeartbeat.State.DRAINING
    for number, (host, state) in enumerate(
        (("jobs-1", running), ("jobs-2", running), ("jobs-2", draining))
    ):
        WorkerHeartbeat.objects.create(
            worker_id=f"{host}:{4211 + 13 * number}",
            host=host,
            pid=4211 + 13 * number,
            supervisor_pid=4200 + 13 * number,
            version=__version__,
            state=state,
            queues=["order-notifications", "email-queue"],
            subscriptions=["billing", "customer-spending"],
            threads=4,
            in_flight=(2, 1, 0)[number],
            done=48_211 - 9_000 * number,
            failed=41 + number,
            handled=16_500 - 2_000 * number,
            memory=(84 + 3 * number) * 2**20,
            started_at=now - timedelta(hours=26 + number),
            beat_at=now - timedelta(seconds=2 + number),
        )
