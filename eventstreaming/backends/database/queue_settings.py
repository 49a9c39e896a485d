"""The settings of queues in a database. They are read and written by people."""

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Coalesce, Now

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.events.patterns import matching, name_or_pattern
from eventstreaming.events.queue_settings import (
    Delays,
    QueueSettings,
    checked_settings,
    settings_in_force,
)
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.models import Queue as QueueRow
from eventstreaming.types import Duration


class QueueSettingsOperations(RelationalStore):
    """One row for each name or pattern that somebody configured."""

    def configure_queue(
        self,
        name: str,
        *,
        visibility_timeout: Duration | Unset | None = UNSET,
        max_attempts: int | Unset | None = UNSET,
        max_deliveries: int | Unset | None = UNSET,
        timeout: Duration | Unset | None = UNSET,
        concurrency: int | Unset | None = UNSET,
        backoff: Delays | Unset | None = UNSET,
        dead_letter_retention: Duration | Unset | None = UNSET,
        group_policy: str | Unset | None = UNSET,
        description: str | Unset = UNSET,
        paused: bool | Unset = UNSET,
    ) -> None:
        """See services.configure_queue()."""
        name = name_or_pattern(name)
        values = checked_settings(
            visibility_timeout=visibility_timeout,
            max_attempts=max_attempts,
            max_deliveries=max_deliveries,
            timeout=timeout,
            concurrency=concurrency,
            backoff=backoff,
            dead_letter_retention=dead_letter_retention,
            group_policy=group_policy,
            description=description,
            paused=paused,
        )
        if "paused" in values:
            # A queue that is paused already keeps the time since when.
            pause = values.pop("paused")
            values["paused_at"] = Coalesce("paused_at", Now()) if pause else None
        queues = QueueRow.objects.using(self.database)
        queues.get_or_create(name=name)
        queues.filter(name=name).update(**values, updated_at=Now())

    def queue_settings(self, stream_name: str) -> QueueSettings:
        """See services.queue_settings()."""
        stream_name = arguments.stream_name(stream_name)
        return self.queue_settings_of([stream_name])[stream_name]

    def queue_settings_of(self, names: Sequence[str]) -> dict[str, QueueSettings]:
        """See BaseQueues.queue_settings_of(). One query."""
        places = {place for name in names for place in matching(name)}
        rows = QueueRow.objects.using(self.database).filter(name__in=places)
        stored = {row.name: _stored(row) for row in rows}
        return {
            name: settings_in_force(
                name,
                {place: stored[place] for place in matching(name) if place in stored},
            )
            for name in names
        }


def _stored(row: QueueRow) -> dict[str, Any]:
    return {
        "visibility_timeout": row.visibility_timeout,
        "max_attempts": row.max_attempts,
        "max_deliveries": row.max_deliveries,
        "timeout": row.timeout,
        "concurrency": row.concurrency,
        "backoff": row.backoff,
        "dead_letter_retention": row.dead_letter_retention,
        "group_policy": row.group_policy,
        "description": row.description,
        "paused": row.paused_at is not None,
    }
