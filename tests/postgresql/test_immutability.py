"""The database itself refuses to change or lose an appended event."""

import pytest
from django.db import IntegrityError, transaction

from eventstreaming import EventData, append
from eventstreaming.models import Event, Stream
from tests.sessions import execute

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    stored = append("kept", [EventData("Kept", {"n": n}) for n in range(3)])
    return Event.objects.get(position=stored[1].position)


@pytest.mark.parametrize("field", ["event_type", "category", "offset", "timestamp"])
def test_update_of_any_column_is_refused(event: Event, field: str) -> None:
    with pytest.raises(IntegrityError, match="is immutable"), transaction.atomic():
        execute(
            f'UPDATE eventstreaming_event SET "{field}" = "{field}" '
            "WHERE position = %s",
            [event.position],
        )


def test_delete_of_a_kept_event_is_refused(event: Event) -> None:
    with pytest.raises(IntegrityError, match="is kept"), transaction.atomic():
        event.delete()
    assert Event.objects.count() == 3


def test_delete_is_allowed_only_below_the_first_offset(event: Event) -> None:
    Stream.objects.update(first_offset=1)
    Event.objects.filter(offset=0).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        event.delete()
    assert [e.offset for e in Event.objects.order_by("offset")] == [1, 2]


def test_stream_with_events_cannot_be_deleted(event: Event) -> None:
    """Its events would be unreadable."""
    with pytest.raises(IntegrityError, match="has events"), transaction.atomic():
        execute("DELETE FROM eventstreaming_stream WHERE name = 'kept'")
    Stream.objects.create(name="empty", category="empty").delete()


def test_superuser_who_replays_like_a_replica_is_refused_too(event: Event) -> None:
    execute("SET LOCAL session_replication_role = replica")
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(event_type="Forged")
