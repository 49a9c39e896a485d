"""Streams with a past: events whose times the test chooses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from eventstreaming.models import Event, Stream

DAY = 86_400.0


def write_history(
    name: str,
    ages: Sequence[float],
    *,
    using: str = "default",
    data: Any = None,
    kind: Stream.Kind = Stream.Kind.SERIAL,
) -> list[Event]:
    """Write one event for each age in seconds, into a new stream."""
    now = timezone.now()
    category = name.partition("-")[0]
    stream = Stream.objects.using(using).create(
        name=name, category=category, next_offset=len(ages), kind=kind
    )
    return Event.objects.using(using).bulk_create(
        Event(
            stream=stream,
            category=category,
            offset=offset,
            bucket=0,
            event_type="Old",
            event_id=uuid4(),
            data={"n": offset} if data is None else data,
            metadata={},
            timestamp=now - timedelta(seconds=age),
        )
        for offset, age in enumerate(ages)
    )
