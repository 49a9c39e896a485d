"""The order of payloads.py as plain JSON values, for environments without orjson."""

from typing import Any


def order(number: int) -> dict[str, Any]:
    """Return what payloads.to_json() encodes, not yet encoded."""
    return {
        "order_id": number,
        "customer_id": number % 997,
        "email": f"customer{number % 997}@example.com",
        "items": ["Blue Train", "Kind of Blue", "A Love Supreme"],
        "quantity": 3,
        "total": "47.85",
        "placed_at": "2026-11-23T09:30:00+00:00",
    }


def orders(count: int) -> list[dict[str, Any]]:
    """Return `count` different orders."""
    return [order(number) for number in range(count)]
