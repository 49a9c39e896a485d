"""What happens in the shop, and what it asks its workers to do."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from eventstreaming import event


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegisteredEvent:
    user_id: int
    email: str
    name: str
    registered_at: datetime


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerifiedEvent:
    user_id: int
    email: str
    verified_at: datetime


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlacedEvent:
    order_id: int
    reference: str
    customer_id: int
    customer_name: str
    ordered_on: date
    cds: int
    total_amount: Decimal


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class SendEmailCommand:
    """A message rather than an event: it asks for something."""

    to: str
    subject: str
    body: str
