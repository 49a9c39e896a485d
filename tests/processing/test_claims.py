"""Taking a partition by one statement, as it stands, and by Django's: the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils.timezone import now

from eventstreaming.models import Checkpoint, Subscription
from eventstreaming.processing.claims import Claims

pytestmark = pytest.mark.django_db

LATER, BEFORE = now() + timedelta(hours=1), now() - timedelta(hours=1)
STATES: list[dict[str, Any]] = [
    {},
    {"looked_at": BEFORE},
    {"owner": "one"},
    {"owner": "two"},
    {"retry_at": LATER},
    {"retry_at": BEFORE},
    {"leased_until": LATER},
    {"leased_until": BEFORE},
    {"barrier": 0},
    {"barrier": 5, "position": 5},
    {"barrier": 6, "position": 5},
    {"barrier": 0, "offset": None},
]


@pytest.mark.parametrize("in_stream", [True, False])
@pytest.mark.parametrize("leases", [True, False])
def test_both_ways_take_the_same_partitions_in_the_same_order(
    in_stream: bool, leases: bool
) -> None:
    row = Subscription.objects.create(name="taken", source="orders", partitions=9)
    stopped = Subscription.objects.create(name="stopped", source="o", state=1)
    Checkpoint.objects.create(subscription=stopped)
    for number, state in enumerate(STATES):
        Checkpoint.objects.create(subscription=row, partition=number, **state)
    claims = Claims(
        "taken", in_stream=in_stream, using="default", owner="one", leases=leases
    )
    for take in (claims.take_any, claims.take_own):
        by_statement, by_django = (_all(take, end) for end in (None, 2**40))
        assert [found.pk for found in by_statement] == [found.pk for found in by_django]
        assert len(by_statement) > 5
    for found, same in zip(by_statement, by_django, strict=True):
        fields = {f.attname for f in Checkpoint._meta.concrete_fields}
        assert not found.get_deferred_fields()
        assert {name: getattr(found, name) for name in fields} == {
            name: getattr(same, name) for name in fields
        }
        assert found.seen_lately == same.seen_lately
        assert found.subscription == row
        assert found.subscription.partitions == 9
        assert found.subscription.get_deferred_fields() == {
            "event_types",
            "created_at",
        }
    assert (
        Claims("stopped", in_stream=True, using="default", owner="").take_any((), None)
        is None
    )


def _all(take: Any, end: int | None) -> list[Any]:
    """Take one after another, until none is left."""
    found: list[Any] = []
    with transaction.atomic():
        while (taken := take([row.pk for row in found], end)) is not None:
            found.append(taken)
    return found
