"""
The names of the queues there are, without reading every message.

A loose index scan jumps from one name to the next: its cost is the number of
names, not of rows. It goes from the last name to the first, since the rows of a queue
often begin where a page of the index begins: what precedes them is on the page that a
descent ends at, what follows the rows of a queue is often on the next one.
"""

from django.db import connections, router

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import DeadLetter, Message, TaskResult

# Ready, delayed and grouped messages each have an index that begins with the queue.
_LIVE = """
WITH RECURSIVE ready (queue) AS (
    SELECT max(queue) FROM eventstreaming_message WHERE state = 0
    UNION ALL
    SELECT (SELECT max(m.queue) FROM eventstreaming_message AS m
             WHERE m.state = 0 AND m.queue < ready.queue)
      FROM ready WHERE ready.queue IS NOT NULL
), delayed (queue) AS (
    SELECT max(queue) FROM eventstreaming_message WHERE state = 1
    UNION ALL
    SELECT (SELECT max(m.queue) FROM eventstreaming_message AS m
             WHERE m.state = 1 AND m.queue < delayed.queue)
      FROM delayed WHERE delayed.queue IS NOT NULL
), grouped (queue) AS (
    SELECT max(queue) FROM eventstreaming_message WHERE group_key IS NOT NULL
    UNION ALL
    SELECT (SELECT max(m.queue) FROM eventstreaming_message AS m
             WHERE m.group_key IS NOT NULL AND m.queue < grouped.queue)
      FROM grouped WHERE grouped.queue IS NOT NULL
)
SELECT queue FROM ready WHERE queue IS NOT NULL
UNION
SELECT queue FROM grouped WHERE queue IS NOT NULL
UNION
SELECT queue FROM delayed WHERE queue IS NOT NULL
"""

_DEAD = """
WITH RECURSIVE dead (queue) AS (
    SELECT max(queue) FROM eventstreaming_deadletter
    UNION ALL
    SELECT (SELECT max(d.queue) FROM eventstreaming_deadletter AS d
             WHERE d.queue < dead.queue)
      FROM dead WHERE dead.queue IS NOT NULL
)
SELECT queue FROM dead WHERE queue IS NOT NULL
"""

_TASKS = """
WITH RECURSIVE begun (queue) AS (
    SELECT max(queue) FROM eventstreaming_taskresult
    UNION ALL
    SELECT (SELECT max(t.queue) FROM eventstreaming_taskresult AS t
             WHERE t.queue < begun.queue)
      FROM begun WHERE begun.queue IS NOT NULL
)
SELECT queue FROM begun WHERE queue IS NOT NULL
"""


# Patterns of settings name no queue.
_CONFIGURED = """
SELECT name AS queue FROM eventstreaming_queue
 WHERE substr(name, length(name)) <> '*'
"""

_ALL = "SELECT queue FROM ({}) AS live UNION SELECT queue FROM ({}) AS dead UNION {}"
_ALL = _ALL.format(_LIVE, _DEAD, _CONFIGURED)


def queue_names(store: str = DEFAULT_ALIAS) -> list[str]:
    """
    Return the queues of a store that hold something or are configured.

    Raise UnsupportedOperation for a store in no database.
    """
    using = event_stores[store].database
    if using is None:
        raise UnsupportedOperation(f"store {store!r} lists no queues")
    return sorted(_names(_ALL, using))


def live_queue_names(using: str | None = None) -> set[str]:
    """Return the queues that have messages."""
    return _names(_LIVE, using or router.db_for_read(Message))


def dead_letter_queue_names(using: str | None = None) -> set[str]:
    """Return the queues that have dead letters."""
    return _names(_DEAD, using or router.db_for_read(DeadLetter))


def task_queue_names(using: str | None = None) -> set[str]:
    """Return the queues that tasks were begun of."""
    return _names(_TASKS, using or router.db_for_read(TaskResult))


def _names(sql: str, database: str) -> set[str]:
    with connections[database].cursor() as cursor:
        cursor.execute(sql)
        return {name for (name,) in cursor.fetchall()}
