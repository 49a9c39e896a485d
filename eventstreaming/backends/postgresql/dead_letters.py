"""Sending dead letters back in PostgreSQL."""

from collections.abc import Iterable

import msgspec

from eventstreaming.backends.database.dead_letters import DeadLetterOperations
from eventstreaming.backends.postgresql.lanes import lanes_of
from eventstreaming.events import arguments
from eventstreaming.events.dead_letter_filter import checked_edit, dead_letter_filter
from eventstreaming.types import JSON, Duration


class RedriveOperations(DeadLetterOperations):
    """A message goes back to its queue under its own id."""

    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
        message: object = None,
        headers: dict[str, JSON] | None = None,
    ) -> int:
        """See services.redrive(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        chosen = dead_letter_filter(
            stream_name,
            ids,
            reason=reason,
            fingerprint=fingerprint,
            older_than=older_than,
            newer_than=newer_than,
            limit=limit,
        )
        edit = checked_edit(chosen, message, headers)
        new = edit.message
        count = self._execute_count(
            "redrive",
            {
                "queue": chosen.stream_name,
                "ids": chosen.ids,
                "reason": chosen.reason,
                "fingerprint": chosen.fingerprint,
                "older_than": chosen.older_than,
                "newer_than": chosen.newer_than,
                "limit": chosen.limit,
                "message_type": None if new is None else new.message_type,
                "schema_version": None if new is None else new.schema_version,
                "data": None if new is None else new.json.decode(),
                "headers": (
                    None
                    if edit.headers is None
                    else msgspec.json.encode(edit.headers).decode()
                ),
            },
        )
        self._after_commit(lanes_of(self.database, stream_name).restart)
        return count
