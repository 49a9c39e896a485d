"""Where a new subscription begins, and that it counts only then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eventstreaming import EventData, append, read_all
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import Checkpoint
from tests.operations.histories import DAY, write_history
from tests.processing.groups import work_off, worker

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=365)


def handled_from(start_from: Any, source: str = "order-1") -> list[int]:
    """Return the offsets that a new subscription handles."""
    handled: list[int] = []

    def handle(event: Any) -> None:
        handled.append(event.offset)

    group = worker(handle, source, partitions=2, start_from=start_from)
    append("order-1", [EventData("New", {}, key=str(n)) for n in range(2)])
    work_off(group)
    return sorted(handled)


@pytest.fixture(autouse=True)
def order() -> None:
    write_history("order-1", [4 * DAY, 3 * DAY, 2 * DAY, DAY])


@pytest.mark.parametrize("source", ["order-1", "order-*", "*"])
@pytest.mark.parametrize(
    ("start_from", "first"),
    [
        ("beginning", 0),
        ("end", 4),
        (NOW - timedelta(days=2.5), 2),
        (LONG_AGO, 0),
        (NOW + timedelta(days=1), 4),
    ],
)
def test_new_subscription_begins_there(
    source: str, start_from: Any, first: int
) -> None:
    assert handled_from(start_from, source) == list(range(first, 6))


def test_a_place_is_an_offset_or_a_position() -> None:
    assert handled_from(0) == list(range(6))
    Checkpoint.objects.all().delete()
    third = [event.position for event in read_all()][3]
    group: list[int] = []
    other = worker(
        lambda event: group.append(event.offset), "*", name="other", start_from=third
    )
    work_off(other)
    assert group == [3, 4, 5]


def test_it_counts_only_when_the_subscription_is_new() -> None:
    worker(repr, "order-1", partitions=2)
    assert handled_from("end") == list(range(6))


@pytest.mark.parametrize(
    "start_from", ["middle", -1, True, 1.5, None, NOW.replace(tzinfo=None)]
)
def test_wrong_starts_are_refused(start_from: Any) -> None:
    with pytest.raises(InvalidArgument, match="start_from"):
        worker(repr, start_from=start_from)
