"""No page walks through a table, however long it has become."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming.admin import KeysetChangeList
from eventstreaming.models import (
    Checkpoint,
    DeadLetter,
    Event,
    Message,
    Saga,
    Subscription,
)
from tests.admin.pages import visit
from tests.sessions import execute

pytestmark = pytest.mark.django_db

ROWS = 20_000
BIG_TABLES = ("event", "message", "deadletter", "saga", "taskresult")


@pytest.fixture
def long_tables(many_events: Callable[[int], None]) -> None:
    many_events(ROWS)
    execute(
        "INSERT INTO eventstreaming_message (queue, data, state, due_at, group_key) "
        "SELECT 'queue-' || n %% 30, '{}', n %% 2, now() + n * interval '1 second', "
        "CASE WHEN n %% 10 = 0 THEN 'key-' || n END FROM generate_series(1, %s) AS n",
        [ROWS],
    )
    execute(
        "INSERT INTO eventstreaming_deadletter (id, queue, data, enqueued_at, lease, "
        "deliveries, attempts, reason, error, fingerprint) "
        "SELECT n, 'queue-' || n %% 30, '{}', now(), 1, 1, 1, 'rejected', 'x', 'f' || n %% 9 "
        "FROM generate_series(1, %s) AS n",
        [ROWS],
    )
    execute(
        "INSERT INTO eventstreaming_saga (name, saga_id, state, completed, results, "
        "signals, correlation_id) "
        "SELECT 'saga-' || n %% 3, n, CASE WHEN n %% 900 = 0 THEN 'failed' "
        "WHEN n %% 3 = 0 THEN 'compensated' ELSE 'completed' END, '[]', '{}', '{}', 'c' "
        "FROM generate_series(1, %s) AS n",
        [ROWS],
    )
    execute(
        "INSERT INTO eventstreaming_taskresult (id, queue, task, status, failed, data, "
        "worker_ids, lease, enqueued_at) "
        "SELECT n, 'tasks:default:' || n %% 30, 'task-' || n %% 7, "
        "CASE WHEN n %% 900 = 0 THEN 'FAILED' ELSE 'SUCCESSFUL' END, n %% 900 = 0, "
        "'{}', '[]', 1, now() FROM generate_series(1, %s) AS n",
        [ROWS],
    )
    for name, source in [("one", "order-3"), ("some", "order-*"), ("every", "*")]:
        subscription = Subscription.objects.create(name=name, source=source)
        Checkpoint.objects.create(subscription=subscription)
        shared = Subscription.objects.create(name=f"{name}-shared", source=source)
        for number, bucket in enumerate((0, 512)):
            Checkpoint.objects.create(
                subscription=shared,
                partition=number,
                first_bucket=bucket,
                last_bucket=bucket + 511,
            )
    for table in BIG_TABLES:
        execute(f"ANALYZE eventstreaming_{table}")


def plans(client: Client, path: str) -> list[str]:
    """Return the plans of the statements behind a page."""
    with CaptureQueriesContext(connection) as queries:
        assert visit(client, path).status == 200
    own = [q["sql"] for q in queries.captured_queries if "eventstreaming_" in q["sql"]]
    return [
        "\n".join(line for (line,) in execute(f"EXPLAIN {sql}".replace("%", "%%"), []))
        for sql in own
    ]


def test_no_page_walks_through_a_table(
    admin_client: Client, long_tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeysetChangeList, "scan_limit", ROWS // 10)
    middle = Event.objects.order_by("position")[ROWS // 2]
    message = Message.objects.order_by("id")[ROWS // 2].pk
    letter = DeadLetter.objects.order_by("id")[ROWS // 2].pk
    saga = Saga.objects.order_by("id")[ROWS // 2]
    walked = {}
    for path in [
        "overview/",
        "event/timeline/?correlation=story-7",
        "event/",
        f"event/?p=after-{middle.position}",
        f"event/?p=before-{middle.position}",
        "event/?p=last",
        "event/?stream=order-3",
        "event/?stream=order-3&p=after-500",
        "event/?stream=none",
        "event/?category=order",
        "event/?category=none",
        "event/?correlation=story-7",
        "event/?causation=none",
        "event/?type=OrderPaid",
        "event/?type=None",
        f"event/?q={middle.event_id}",
        f"event/?q=%23{middle.position}",
        "event/?q=order-3",
        f"event/{middle.position}/change/",
        "stream/",
        "stream/?q=order-",
        "queue/",
        "message/",
        f"message/?p=after-{message}",
        "message/?queue=queue-1",
        f"message/?queue=queue-1&p=after-0,{message}",
        "message/?queue=queue-1&state=blocked",
        "message/?queue=queue-1&state=delayed",
        "message/?state=delayed",
        "message/?state=ready",
        f"message/{message}/change/",
        "deadletter/",
        f"deadletter/?p=after-{letter}",
        f"deadletter/?queue=queue-1&p=after-{letter}",
        "deadletter/?queue=queue-1&fingerprint=f3",
        "deadletter/?reason=rejected",
        "subscription/",
        "saga/",
        f"saga/?p=after-{saga.pk}",
        "saga/?state=failed",
        "saga/?state=waiting",
        "saga/?name=saga-1",
        f"saga/?name=saga-1&state=completed&p=after-{saga.pk}",
        "saga/?name=saga-2&state=failed",
        f"saga/?q={saga}",
        f"saga/{saga.pk}/change/",
        "taskresult/",
        f"taskresult/?p=after-{ROWS // 2}",
        "taskresult/?status=FAILED",
        "taskresult/?status=SUCCESSFUL",
        "taskresult/?queue=tasks:default:7",
        "taskresult/?queue=tasks:default:7&status=FAILED",
        "taskresult/?task=task-3",
        f"taskresult/?q={ROWS // 2}",
        f"taskresult/{ROWS // 2}/change/",
    ]:
        for plan in plans(admin_client, path):
            if any(
                f"Seq Scan on eventstreaming_{table} " in plan for table in BIG_TABLES
            ):
                walked[path] = plan
    assert walked == {}
    # A short category beside a long one is not looked for by the positions.
    overview = "\n".join(plans(admin_client, "overview/"))
    assert "Index Scan using eventstreaming_event_partition" in overview
