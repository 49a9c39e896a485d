"""Events and messages that the contract writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from uuid import UUID

import msgspec

from eventstreaming.events.registry import event


class Label(str):
    """A name of a class that shows itself otherwise, as members of enums do."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"<{self.upper()}>"


class Number(IntEnum):
    ONE = 1


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int
    price: Decimal
    size: Size


@event(name="contract.OrderPlaced", version=1)
@dataclass(frozen=True)
class OrderPlaced:
    order_id: UUID
    lines: list[Line]
    total: Decimal
    placed_at: datetime
    ship_on: date
    note: str | None = None
    tags: tuple[str, ...] = ()


@event(name="contract.PaymentTaken", version=3)
class PaymentTaken(msgspec.Struct, frozen=True):
    order_id: UUID
    amount: Decimal


@event(name="contract.Basket")
@dataclass(frozen=True)
class Basket:
    """One event, though it can be iterated over."""

    items: list[str]

    def __iter__(self) -> Iterator[str]:
        return iter(self.items)


ORDER_PLACED = OrderPlaced(
    order_id=UUID("019a0000-0000-7000-8000-000000000001"),
    lines=[
        Line("CD-1", 2, Decimal("11.50"), Size.SMALL),
        Line("CD-2", 1, Decimal("0.10"), Size.LARGE),
    ],
    total=Decimal("23.10"),
    placed_at=datetime(2030, 5, 1, 12, 30, 0, 123456, timezone(timedelta(hours=2))),
    ship_on=date(2030, 5, 2),
    tags=("gift", "naïve ☃"),
)
PAYMENT_TAKEN = PaymentTaken(ORDER_PLACED.order_id, Decimal("23.10"))
