"""
Writing and announcing in one round trip, where a statement commits by itself.

A NOTIFY inside the writer's transaction would make all commits of the server take
turns, and one that is sent when the writer's answer has come is a round trip late. So
it is sent right behind the write, and the server begins with it when that is committed.
"""

import logging
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Pipeline

from eventstreaming.backends.postgresql.bound import (
    BoundStatements,
    execute_kept,
    kept_cursor,
)
from eventstreaming.backends.waking.announcing import announcements

logger = logging.getLogger("eventstreaming")


class AnnouncedStatements(BoundStatements):
    """A store in PostgreSQL that announces what it writes without waiting for it."""

    def _execute_announced(
        self,
        name: str,
        params: dict[str, Any],
        connection: BaseDatabaseWrapper,
        topic: str,
    ) -> tuple[list[Any], bool]:
        """
        Return the rows of a writing statement, and whether its topic is announced.

        It is where that costs no round trip: in autocommit, and if it is time. A
        write that fails is announced as well, which wakes somebody for nothing.
        """
        own = announcements(connection.alias)
        if (
            self._notifies
            and connection.autocommit
            and not connection.in_atomic_block
            and own.is_due(topic)
            and (cursor := kept_cursor(connection, name)) is not None
            and (teller := kept_cursor(connection, "notify")) is not None
            and _has_queues(connection.connection)
            and own.choose_itself(topic)
        ):
            rows = _execute_both(connection, cursor, name, params, teller, topic)
            own.note(topic)
            return rows, True
        return self._execute_bound(name, params, connection), False


def _has_queues(driver: Any) -> bool:
    """Say whether psycopg's pipeline has what `_execute_both()` adds a Sync to."""
    pipeline: Any = Pipeline(driver) if Pipeline.is_supported() else None
    return hasattr(pipeline, "command_queue") and hasattr(pipeline, "result_queue")


def _execute_both(
    connection: BaseDatabaseWrapper,
    cursor: Any,
    name: str,
    params: dict[str, Any],
    teller: Any,
    topic: str,
) -> list[Any]:
    driver: Any = connection.connection
    is_sent = False
    try:
        with driver.pipeline() as pipeline:
            execute_kept(cursor, name, params)
            is_sent = True
            # Pipeline.sync() would wait for the answer.
            pipeline.command_queue.append(driver.pgconn.pipeline_sync)
            pipeline.result_queue.append(None)
            execute_kept(teller, "notify", {"topic": topic})
    except Exception:
        if not is_sent or cursor.pgresult is None:
            with connection.wrap_database_errors:
                raise
        logger.debug("could not announce %r", topic, exc_info=True)
    rows: list[Any] = cursor.fetchall()
    return rows
