"""What identifies an event or a message, whatever the store does to it."""

import json
from hashlib import sha256
from typing import Any

Content = list[Any]  # [item, digest]


def item_of(data: Any) -> str | None:
    """Return the unique name that every payload of a recorded run has."""
    item = data.get("item") if isinstance(data, dict) else None
    return item if isinstance(item, str) else None


def digest_of(type_name: str, data: Any, headers: Any = None) -> str:
    """Return a hash of the canonical content."""
    text = json.dumps([type_name, data, headers or {}], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def content_of(type_name: str, data: Any, headers: Any = None) -> Content:
    """Return what a step records of an event or a message."""
    return [item_of(data), digest_of(type_name, data, headers)]
