"""
Writing and announcing in one round trip, where a statement commits by itself.

A NOTIFY inside the writer's transaction would make all commits of the server take
turns, and one that is sent when the writer's answer has come is a round trip late. So
it is sent right behind the write, and the server begins with it when that is committed.
"""

import logging
from math import inf
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming import clock
from eventstreaming.backends.postgresql.bound import (
    BoundStatements,
    Params,
    numbered,
    plain_driver,
)
from eventstreaming.backends.postgresql.together import Together, can_send_together
from eventstreaming.backends.waking.announcing import announced_until, announcements

logger = logging.getLogger("eventstreaming")


class AnnouncedStatements(BoundStatements):
    """A store in PostgreSQL that announces what it writes without waiting for it."""

    def _execute_announced(
        self,
        name: str,
        params: Params,
        connection: BaseDatabaseWrapper,
        topic: str,
    ) -> tuple[list[Any], float]:
        """
        Return the rows of a writing statement, and until when its topic is announced.

        It is with the write where that costs no round trip: in autocommit, and if it
        is time. Then there is no more to tell, ever (inf); inside a transaction nothing
        is known of it yet (-inf). A write that fails may be announced as well, which
        wakes somebody for nothing.
        """
        if not connection.autocommit or connection.in_atomic_block:
            return self._execute_bound(name, params, connection), -inf
        quiet_until = announced_until(connection.alias, topic)
        if (
            quiet_until <= clock.monotonic()
            and self._notifies
            and (driver := plain_driver(connection)) is not None
            and can_send_together(driver)
            and (chosen := announcements(connection.alias).choose_along(topic))
            is not None
        ):
            return self._execute_and_tell(name, params, connection, chosen), inf
        return self._execute_bound(name, params, connection), quiet_until

    def _execute_and_tell(
        self, name: str, params: Params, connection: BaseDatabaseWrapper, topic: str
    ) -> list[Any]:
        was_sent = False
        try:
            write, tell = numbered(name, params), numbered("notify", (topic.encode(),))
            both = Together(connection, [write], [tell])
            if both.is_prepared:
                try:
                    return _rows(both, topic)
                finally:
                    was_sent = both.is_done(1)
            rows = self._execute_bound(name, params, connection)
            was_sent = self._announce_apart(topic, connection)
            return rows
        finally:
            announcements(connection.alias).settle(topic, was_sent=was_sent)

    def _announce_apart(self, topic: str, connection: BaseDatabaseWrapper) -> bool:
        """Announce in a second round trip, as psycopg has yet to prepare it."""
        try:
            self._notify(connection, topic)
        except Exception:
            logger.debug("could not announce %r", topic, exc_info=True)
            return False
        return True

    def _notify(self, connection: BaseDatabaseWrapper, topic: str) -> None:
        """As RelationalStore does, and without a cursor where there need not be one."""
        if plain_driver(connection) is None:
            super()._notify(connection, topic)
        else:
            self._execute_bound("notify", (topic.encode(),), connection)


def _rows(both: Together, topic: str) -> list[Any]:
    try:
        both.run()
    except Exception:
        if not both.is_done(0):
            raise
    if not both.is_done(1):
        logger.debug("could not announce %r", topic)
    return both.rows(0)
