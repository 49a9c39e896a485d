"""The settings of streams in memory."""

from collections.abc import Collection
from typing import Any

from eventstreaming.backends.memory.data import MemoryStore
from eventstreaming.events import arguments
from eventstreaming.events.patterns import name_or_pattern
from eventstreaming.events.stream_settings import (
    StreamSettings,
    checked_stream_settings,
    refuse_bounded_forever,
    stream_settings_in_force,
)
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.types import Duration


class StreamSettingsOperations(MemoryStore):
    """They are kept and answered; nothing in memory is ever pruned."""

    def configure_stream(
        self,
        pattern: str,
        *,
        concurrent: bool | Unset | None = UNSET,
        max_age: Duration | Unset | None = UNSET,
        max_count: int | Unset | None = UNSET,
        max_bytes: int | Unset | None = UNSET,
        keep_forever: bool | Unset = UNSET,
        until_consumed: bool | Unset | None = UNSET,
        description: str | Unset = UNSET,
        tags: Collection[str] | Unset = UNSET,
    ) -> None:
        """See services.configure_stream()."""
        pattern = name_or_pattern(pattern, "pattern")
        changes = checked_stream_settings(
            concurrent=concurrent,
            max_age=max_age,
            max_count=max_count,
            max_bytes=max_bytes,
            keep_forever=keep_forever,
            until_consumed=until_consumed,
            description=description,
            tags=tags,
        )
        if changes.get("concurrent"):
            self._require("supports_concurrent_streams", "concurrent streams")
        data = self._data
        with data.lock:
            stored: dict[str, Any] = data.stream_settings.get(pattern, {}) | changes
            refuse_bounded_forever(stored)
            data.stream_settings[pattern] = stored

    def stream_settings(self, stream_name: str) -> StreamSettings:
        """See services.stream_settings()."""
        stream_name = arguments.stream_name(stream_name)
        data = self._data
        with data.lock:
            return stream_settings_in_force(stream_name, data.stream_settings)
