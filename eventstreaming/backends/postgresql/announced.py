"""
Writing and announcing in one round trip, where a statement commits by itself.

A NOTIFY inside the writer's transaction would make all commits of the server take
turns, and one that is sent when the writer's answer has come is a round trip late. So
it is sent right behind the write, and the server begins with it when that is committed.
"""

import logging
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import OperationalError, Pipeline
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

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
    commit = _Commit()
    try:
        with driver.pipeline() as pipeline:
            execute_kept(cursor, name, params)
            # Pipeline.sync() would wait for the answer.
            pipeline.command_queue.append(driver.pgconn.pipeline_sync)
            pipeline.result_queue.append((commit, None))
            execute_kept(teller, "notify", {"topic": topic})
    except Exception:
        if not commit.is_confirmed or cursor.pgresult is None:
            with connection.wrap_database_errors:
                raise
        logger.debug("could not announce %r", topic, exc_info=True)
    with connection.wrap_database_errors:
        commit.require()
    rows: list[Any] = cursor.fetchall()
    return rows


class _Commit:
    """
    What hears of the first Sync: psycopg takes it for the cursor of a statement.

    The rows of a write come before its commit, which may fail or be cut off.
    """

    def __init__(self) -> None:
        self.is_confirmed = False

    def _check_results(self, results: list[PGresult]) -> None:
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result)

    def _set_results(self, results: list[PGresult]) -> None:
        self.is_confirmed = [result.status for result in results] == [
            ExecStatus.PIPELINE_SYNC
        ]

    def require(self) -> None:
        """Raise if the server has not said that it is committed."""
        if not self.is_confirmed:
            raise OperationalError("it is not known whether the write is committed")
