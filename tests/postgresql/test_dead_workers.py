"""What a dead worker held comes back at once, and only that."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstreaming import dequeue, dequeue_many, enqueue, enqueue_many
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.backends.identity import worker_id
from eventstreaming.backends.postgresql import PostgreSQLEventStore, dead_workers
from eventstreaming.exceptions import LeaseLost
from eventstreaming.models import Message
from tests.sessions import Session, execute

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "elsewhere:1:00000000"


@pytest.fixture(params=[PostgreSQLEventStore, DatabaseEventStore])
def store(request: pytest.FixtureRequest) -> Iterator[BaseEventStore]:
    with patch.object(dead_workers, "PAGE", 3):
        yield request.param("default")


def held_by_another(count: int) -> None:
    ids = list(Message.objects.order_by("pk").values_list("pk", flat=True)[:count])
    Message.objects.filter(pk__in=ids).update(worker_id=OTHER)


def test_its_leases_end_and_those_of_others_go_on(store: BaseEventStore) -> None:
    enqueue_many("work", [{"number": number} for number in range(12)])
    enqueue("work", {"number": 12}, priority=5)
    enqueue("other", {"number": 13})
    leased = dequeue_many("work", 9, 60) + dequeue_many("other", 1, 60)
    held_by_another(2)

    receipts = store.release_worker(worker_id(), ["work", "other"])

    assert set(receipts) == {
        message.receipt for message in leased if message.data["number"] not in (0, 1)
    }
    assert not store.release_worker(worker_id(), ["work", "other"])
    with pytest.raises(LeaseLost, match="released"):
        leased[0].acknowledge()
    again = dequeue_many("work", 20, 60) + dequeue_many("work", 20, 60)
    assert {message.data["number"] for message in again} == set(range(2, 13))
    for message in again:
        was_leased = message.data["number"] < 8 or message.data["number"] == 12
        assert message.deliveries == (2 if was_leased else 1)
        assert message.attempts == 0


def test_what_it_had_not_begun_counts_no_delivery(store: BaseEventStore) -> None:
    enqueue_many("work", [{}, {}, {}])
    first, second, third = dequeue_many("work", 3, 60)
    store.release_worker(worker_id(), ["work"], begun=[second.message_id])
    deliveries = dict(Message.objects.values_list("pk", "deliveries"))
    assert deliveries == {
        int(first.message_id): 0,
        int(second.message_id): 1,
        int(third.message_id): 0,
    }


def test_locked_message_is_left_for_the_next_look(store: BaseEventStore) -> None:
    enqueue_many("work", [{}, {}])
    first, second = dequeue_many("work", 2, 60)
    session = Session()
    try:
        session.begin()
        session.execute(
            "SELECT FROM eventstreaming_message WHERE id = %s FOR UPDATE",
            [int(first.message_id)],
        )
        assert store.release_worker(worker_id(), ["work"]) == [second.receipt]
        session.rollback()
        assert store.release_worker(worker_id(), ["work"]) == [first.receipt]
    finally:
        session.close()


def test_message_that_others_took_meanwhile_stays_theirs(store: BaseEventStore) -> None:
    enqueue("work", {})
    dequeue("work", 60)
    execute(
        "UPDATE eventstreaming_message SET lease = lease + 1, worker_id = %s", [OTHER]
    )
    assert store.release_worker(worker_id(), ["work"]) == []
    assert dequeue("work") is None


def test_walk_ends_where_no_claim_has_been() -> None:
    """A backlog of any size costs a page for each lane."""
    enqueue_many("work", [{} for _ in range(50)])
    enqueue_many("work", [{} for _ in range(50)], priority=1)
    dequeue_many("work", 4, 60)
    store = PostgreSQLEventStore("default")
    with (
        patch.object(dead_workers, "PAGE", 3),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        assert len(store.release_worker(worker_id(), ["work"])) == 4
    walks = [query for query in queries if "held AS MATERIALIZED" in query["sql"]]
    # Of the first lane three pages, the last without a delivery; of the other two.
    assert len(walks) == 5
