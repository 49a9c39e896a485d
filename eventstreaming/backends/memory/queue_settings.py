"""The settings of queues in memory."""

from eventstreaming.backends.memory.data import MemoryStore
from eventstreaming.events import arguments
from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.events.queue_settings import (
    Delays,
    QueueSettings,
    checked_settings,
    settings_in_force,
)
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.types import Duration


class QueueSettingsOperations(MemoryStore):
    """Settings by name or pattern."""

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
        data = self._data
        with data.lock:
            data.settings[name] = {**data.settings.get(name, {}), **values}

    def queue_settings(self, stream_name: str) -> QueueSettings:
        """See services.queue_settings()."""
        return settings_in_force(
            arguments.stream_name(stream_name), self._data.settings
        )
