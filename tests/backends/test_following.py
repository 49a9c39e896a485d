"""A follower between two looks, where what it was told may be no longer so."""

from datetime import UTC, datetime
from uuid import uuid4

from eventstreaming.backends.following import Following, NothingHeld
from eventstreaming.backends.reading import (
    Page,
    ReadRequest,
    position_of,
    read_request,
)
from eventstreaming.backends.waking.waiters import Waiters
from eventstreaming.types import StoredEvent


def test_follower_skips_nothing_when_the_fence_goes_back() -> None:
    fences = iter([6, 6, 4, 4, 6])

    def fetch(request: ReadRequest, size: int) -> Page:
        fence = next(fences)
        positions = range(max(request.low, 1), fence + 1)[:size]
        return [_event(position) for position in positions], fence

    request = read_request(
        None,
        None,
        field="position",
        limit=6,
        backwards=False,
        event_types=None,
        batch_size=2,
        follow=True,
    )
    following = Following(
        request,
        position_of,
        fetch,
        waiters=Waiters(),
        topic="*",
        resting=NothingHeld(),
    )
    positions = [event.position for event in following.iterate()]
    assert positions == [1, 2, 3, 4, 5, 6]


def _event(position: int) -> StoredEvent:
    return StoredEvent(
        stream_name="orders",
        offset=position,
        position=position,
        event_id=uuid4(),
        event_type="OrderPlaced",
        data={},
        metadata={},
        schema_version=1,
        key=None,
        correlation_id=None,
        causation_id=None,
        timestamp=datetime.now(UTC),
    )
