"""Tables as long as they are wished, with all that the pages look at."""

from django.db import connection
from django.utils import timezone

from eventstreaming.models import (
    Checkpoint,
    ParkedEvent,
    Queue,
    Schedule,
    Subscription,
    WorkerHeartbeat,
)
from tests.sessions import execute

QUEUES = 20  # each has enough for a full page of every state, in short tables, too
STREAMS = 2_000
LONG_STREAM = "order-0"  # has a tenth of all events

_STREAMS = """
INSERT INTO eventstreaming_stream (name, category, next_offset)
SELECT (ARRAY['order', 'user', 'cart'])[1 + n %% 3] || '-' || n,
       (ARRAY['order', 'user', 'cart'])[1 + n %% 3],
       CASE n WHEN 0 THEN %(events)s / 10 ELSE %(events)s / %(streams)s END
  FROM generate_series(0, %(streams)s - 1) AS n
 ORDER BY n DESC
"""

# Each stream's events lie far from each other, as they do after some weeks. Times are a
# tenth of a second apart, sometimes nearer and sometimes farther, and end now.
_EVENTS = """
INSERT INTO eventstreaming_event
       (stream_id, category, "offset", bucket, event_type, event_id, data, metadata,
        correlation_id, causation_id, timestamp)
SELECT s.id, s.category, row_number() OVER (PARTITION BY s.id ORDER BY n) - 1, n %% 1024,
       CASE n %% 3 WHEN 0 THEN 'OrderPlaced' ELSE 'OrderPaid' END, md5(n::text)::uuid,
       jsonb_build_object('order', n, 'items', '["Blue Train", "Kind of Blue"]'::jsonb),
       '{}', 'story-' || n / 4,
       CASE n %% 4 WHEN 0 THEN NULL ELSE md5((n - 1)::text)::uuid::text END,
       now() - (%(events)s - n + n %% 9973 * 7919 %% 997 / 997.0) * interval '0.1 second'
  FROM generate_series(1, %(events)s) AS n
  JOIN eventstreaming_stream AS s ON s.name =
       CASE WHEN n %% 10 = 0 THEN 'order-0'
            ELSE (ARRAY['order', 'user', 'cart'])[1 + (n %% %(streams)s) %% 3]
                 || '-' || n %% %(streams)s END
 ORDER BY n
"""

_MESSAGES = """
INSERT INTO eventstreaming_message
       (queue, message_type, data, state, due_at, group_key, attempts, leased_until)
SELECT 'queue-' || n %% %(queues)s, 'Mail', '{"to": "ada@example.com"}', n / 40 %% 3,
       now() + n * interval '1 second',
       CASE WHEN n / 40 %% 3 = 2 THEN 'key-' || n / 7 END, n %% 2,
       CASE n %% 50 WHEN 0 THEN now() + interval '1 minute' ELSE 'epoch' END
  FROM generate_series(1, %(messages)s) AS n
"""

_DEAD_LETTERS = """
INSERT INTO eventstreaming_deadletter
       (id, queue, data, enqueued_at, lease, deliveries, attempts, reason, error, fingerprint)
SELECT %(messages)s + n, 'queue-' || n %% %(queues)s, '{}', now(), 1, 1, 1,
       CASE n %% 3 WHEN 0 THEN 'rejected' ELSE 'max_attempts' END, 'x', 'f' || n / %(queues)s %% 3
  FROM generate_series(1, %(others)s) AS n
"""

_SAGAS = """
INSERT INTO eventstreaming_saga
       (name, saga_id, state, completed, results, signals, correlation_id)
SELECT 'saga-' || n %% 3, n, CASE WHEN n %% 20 = 0 THEN 'failed'
       WHEN n %% 3 = 0 THEN 'compensated' ELSE 'completed' END, '[]', '{}', '{}', 'c'
  FROM generate_series(1, %(others)s) AS n
"""

_TASKS = """
INSERT INTO eventstreaming_taskresult
       (id, queue, task, status, failed, data, worker_ids, lease, enqueued_at)
SELECT n, 'tasks:default:' || n %% %(queues)s, 'task-' || n %% 11,
       CASE WHEN n / 30 %% 3 = 0 THEN 'FAILED' ELSE 'SUCCESSFUL' END, n / 30 %% 3 = 0,
       '{}', '[]', 1, now()
  FROM generate_series(1, %(others)s) AS n
"""


def fill(events: int) -> None:
    """
    Put so many events into empty tables, a fifth as many messages, and of the rest less.

    While there are few, there are as many of all.
    """
    messages = max(min(events, 30_000), events // 5)
    sizes = {"events": events, "messages": messages, "queues": QUEUES}
    sizes["streams"] = STREAMS
    sizes["others"] = max(min(events, 30_000), messages // 2)
    for sql in (_STREAMS, _EVENTS, _MESSAGES, _DEAD_LETTERS, _SAGAS, _TASKS):
        execute(sql, sizes)
    _fill_small_tables(events)
    for table in connection.introspection.table_names():
        if table.startswith("eventstreaming_"):  # the short ones, too: it turns plans
            execute(f"VACUUM (ANALYZE) {table}")


def _fill_small_tables(events: int) -> None:
    for name, source in (("one", LONG_STREAM), ("some", "order-*"), ("every", "*")):
        row = Subscription.objects.create(name=name, source=source)
        Checkpoint.objects.create(
            subscription=row,
            offset=0,
            position=events - 500,
            progressed_at=timezone.now(),
        )
    ParkedEvent.objects.create(
        subscription=row, key="k", bucket=0, position=events, stream_name=LONG_STREAM,
        offset=1, event_type="OrderPaid",
    )  # fmt: skip
    Queue.objects.create(name="queue-1", description="mail")
    Schedule.objects.create(name="nightly", queue="queue-1", cron="0 3 * * *")
    WorkerHeartbeat.objects.create(
        worker_id="w", host="h", pid=1, version="1", state="running", queues=["queue-1"],
        subscriptions=["every"], threads=4, in_flight=0, done=1, failed=0, handled=1,
    )  # fmt: skip
