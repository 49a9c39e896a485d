"""No operation walks a whole table, analysed or not."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from unittest import mock

import pytest
from django.db import connection

from eventstreaming import (
    STREAM_EXISTS,
    EventData,
    Message,
    acknowledge,
    acknowledge_many,
    append,
    cancel,
    create_stream,
    dead_letters,
    dequeue,
    dequeue_many,
    discard,
    enqueue,
    enqueue_many,
    event_store,
    nack,
    pop,
    purge,
    queue_info,
    read_all,
    read_category,
    read_stream,
    redrive,
    stream_info,
)
from eventstreaming.backends import event_stores, relational, statements
from eventstreaming.backends.base_queues import LeaseTerms
from eventstreaming.backends.postgresql import bound
from eventstreaming.backends.reading import BucketRange
from eventstreaming.models import Checkpoint, Stream, Subscription
from eventstreaming.operations import places_in_time
from eventstreaming.operations.places_in_time import offset_since, position_since
from tests.sessions import execute

pytestmark = pytest.mark.django_db

TABLES = ("event", "message", "stream", "deadletter")
ROWS = 100_000
SHARE = BucketRange(0, 127)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

FILL = f"""
INSERT INTO eventstreaming_stream (name, category, next_offset)
SELECT 'order-' || n, 'order', 50 FROM generate_series(1, {ROWS // 50}) AS n;

INSERT INTO eventstreaming_event (stream_id, category, "offset", bucket, event_type,
                                  event_id, data, metadata)
SELECT s.id, 'order', n, 0, 'Placed', gen_random_uuid(), '{{"n": 1}}', '{{}}'
  FROM generate_series(0, 49) AS n, eventstreaming_stream AS s;

INSERT INTO eventstreaming_message (queue, data, state, due_at)
SELECT 'queue-' || n % 10, '{{"n": 1}}', (n % 20 = 0)::int, CASE WHEN n % 20 = 0
       THEN now() + interval '1 day' END
  FROM generate_series(1, {ROWS}) AS n;

INSERT INTO eventstreaming_deadletter (id, queue, data, enqueued_at, lease, deliveries,
                                       attempts, reason)
SELECT 10000000 + n, 'queue-' || n % 10, '{{}}', now(), 1, 1, 1, 'rejected'
  FROM generate_series(1, {ROWS}) AS n;
"""


def first(events: Iterator[object], count: int = 10) -> None:
    assert list(islice(events, count))


def leased(queue: str) -> Message:
    message = dequeue(queue)
    assert message is not None
    return message


def consume_in_all_ways() -> None:
    one, two, three, four, *many = dequeue_many("queue-1", 50)
    one.extend(60)
    one.acknowledge()
    two.nack(delay=5)
    three.nack(dead_letter=True)
    assert acknowledge("queue-1", four.message_id)
    with pytest.raises(Exception, match="lost"):
        one.acknowledge()
    event_store.extend_many(many[:10], 60)
    assert cancel("queue-1", many[20].message_id) is False
    assert event_store.cancelled_among(many) == [many[20]]
    event_store.release(many[:10])
    acknowledge_many("queue-1", many[10:])
    nack("queue-1", leased("queue-1").message_id, delay=0)


def begin_a_batch() -> None:
    row, _ = Subscription.objects.get_or_create(name="ninth", source="order-9")
    Checkpoint.objects.get_or_create(subscription=row, offset=40)
    batch = event_store.batch_beginning("ninth", "order-9", ["Placed"], 10, 2.0)()
    assert batch is not None
    page = batch.page(40, None)
    assert page is not None
    assert len(page[0]) == 9


OPERATIONS: dict[str, Callable[[], object]] = {
    "append": lambda: append("order-7", EventData("Placed", {"n": 1})),
    "append to a stream that exists": lambda: append(
        "order-7", EventData("Placed", {}), expected_version=STREAM_EXISTS
    ),
    "append with a key": lambda: append("order-7", EventData("Placed", {}), key="k"),
    "append with a chosen id": lambda: append(
        "order-8",
        EventData("Placed", {}, event_id=execute("SELECT gen_random_uuid()")[0][0]),
    ),
    "append several": lambda: append("order-7", [EventData("Placed", {"n": 1})] * 2),
    "append by COPY": lambda: append("order-7", [EventData("Placed", {"n": 1})] * 500),
    "append to a new stream": lambda: append("fresh", EventData("Placed", {})),
    "append to a concurrent stream": lambda: (
        create_stream("lines", concurrent=True),
        append("lines", EventData("Read", {"n": 1})),
    ),
    "read a stream": lambda: first(read_stream("order-9", 3)),
    "read a stream by type": lambda: first(
        read_stream("order-9", event_types=["Placed"])
    ),
    "read a stream backwards": lambda: first(read_stream("order-9", backwards=True)),
    "read a category": lambda: first(read_category("order", 500)),
    "read a category backwards": lambda: first(read_category("order", backwards=True)),
    "read all": lambda: first(read_all(500)),
    "read all by type": lambda: first(read_all(500, event_types=["Placed"])),
    "go to a time": lambda: position_since(LONG_AGO),
    "go to a time in a category": lambda: position_since(LONG_AGO, "order"),
    "go to a time in a stream": lambda: offset_since(
        Stream.objects.get(name="order-7"), LONG_AGO
    ),
    "read all backwards": lambda: first(read_all(backwards=True)),
    "read a partition of a stream": lambda: event_store.next_in_stream(
        "order-9", -1, 10, None, buckets=SHARE
    ),
    "read a partition of a category": lambda: event_store.next_events(
        "order", 500, 10, None, buckets=SHARE
    ),
    "read a partition of all": lambda: event_store.next_events(
        None, 500, 10, None, buckets=SHARE
    ),
    "begin a batch": begin_a_batch,
    "stream info": lambda: stream_info("order-10"),
    "create a stream": lambda: create_stream("order-10"),
    "enqueue": lambda: enqueue("queue-1", {"n": 1}),
    "enqueue many": lambda: enqueue_many("queue-1", [{"n": 1}] * 100),
    "enqueue to a group": lambda: enqueue("queue-1", {"n": 1}, group_key="a"),
    "enqueue once": lambda: enqueue("queue-1", {}, deduplication_key="a"),
    "consume": consume_in_all_ways,
    "give back of a dead worker": lambda: event_store.release_worker(
        "nobody", ["queue-1"]
    ),
    "cancel": lambda: cancel("queue-3", enqueue("queue-3", {})),
    "cancel many": lambda: event_stores["default"].cancel_many(
        "queue-3", enqueue_many("queue-3", [{}] * 50)
    ),
    "pop": lambda: pop("queue-2"),
    "claim from two queues": lambda: event_stores["default"].claim_many(
        {f"queue-{n}": LeaseTerms(30.0, None) for n in (4, 5)}, 10
    ),
    "dequeue from an empty queue": lambda: dequeue("nothing-here"),
    "queue info": lambda: queue_info("queue-3"),
    "dead letters": lambda: dead_letters("queue-4"),
    "all dead letters": dead_letters,
    "redrive some": lambda: redrive("queue-5", limit=10),
    "redrive one": lambda: redrive("queue-5", ["10000015"]),
    "redrive by error": lambda: redrive("queue-5", fingerprint="f", older_than=60),
    "discard some": lambda: discard("queue-7", limit=10),
    "discard old ones": lambda: discard("queue-7", older_than=86_400),
    "dead letters by error": lambda: dead_letters("queue-4", fingerprint="f"),
    "queues with dead letters": event_store.dead_letter_queues,
    "purge": lambda: purge("queue-6"),
    "look for all who wait": lambda: execute(
        relational.statement("beat"),
        {"queues": ["queue-3", "nothing-here"], "channel": "any"},
    ),
}

# Only for the check of a server or a listener, or for a cold path that a test above
# takes. Groups and others are woken after the commit, and these do not commit.
NOT_ABOUT_BIG_TABLES = {
    "bury",
    "channel",
    "check",
    "fence_holders",
    "fence_status",
    "first_place_by_halves",  # of databases that have no LATERAL
    "notify",
    "take_partition",  # partitions are few
    "wake_group",
}


def sequential_scans() -> dict[str, int]:
    """Count, in this transaction."""
    return dict(
        execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables "
            "WHERE relname = ANY (%s)",
            [[f"eventstreaming_{table}" for table in TABLES]],
        )
    )


def test_no_operation_scans_a_table_from_end_to_end() -> None:
    used: set[str] = set()
    original = statements.statement

    def noting(name: str) -> str:
        used.add(name)
        return original(name)

    with connection.cursor() as cursor:
        cursor.execute(FILL)
        # A plan that this session has kept from small tables would walk them, until
        # autovacuum analyses what has grown.
        cursor.execute("DISCARD PLANS")
    with (
        mock.patch.object(relational, "statement", noting),
        mock.patch.object(bound, "statement", noting),
        mock.patch.object(places_in_time, "statement", noting),
    ):
        for analysed in (False, True):
            if analysed:
                execute("ANALYZE")
            for name, operation in OPERATIONS.items():
                before = sequential_scans()
                operation()
                assert sequential_scans() == before, f"{name}, analysed={analysed}"

        # The rows of the other partitions are not looked at.
        sql = statements.statement("read_category_partition")
        share = {"first_bucket": 0, "last_bucket": 127, "by_event": False}
        page = {"category": "order", "first": 500, "last": 2**62, "limit": 10}
        plan = execute(f"EXPLAIN {sql}", {**share, **page, "event_types": None})
        (condition,) = (row for (row,) in plan if "eventstreaming_event_part" in row)
        assert "Index Scan" in condition
        (condition,) = (row for (row,) in plan if "bucket" in row)
        assert "Index Cond" in condition

    files = {path.stem for path in statements.SQL.glob("*.sql")}
    assert used | NOT_ABOUT_BIG_TABLES == files
