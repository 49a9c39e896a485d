"""What is appended and enqueued: an order of about 200 bytes of JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

_PLACED_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class OrderPlaced:
    """An event, and a message, too."""

    order_id: int
    customer_id: int
    email: str
    items: list[str]
    quantity: int
    total: Decimal
    placed_at: datetime


def orders(count: int) -> list[OrderPlaced]:
    """Return `count` different orders."""
    return [
        OrderPlaced(
            order_id=number,
            customer_id=number % 997,
            email=f"customer{number % 997}@example.com",
            items=["Blue Train", "Kind of Blue", "A Love Supreme"],
            quantity=3,
            total=Decimal("47.85"),
            placed_at=_PLACED_AT,
        )
        for number in range(count)
    ]


def to_json(order: OrderPlaced) -> str:
    """Encode an order as raw psycopg's user would."""
    return orjson.dumps(order, default=_text_of_decimal).decode()


def _text_of_decimal(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError
