"""The settings of streams in a database. They are read and written by people."""

from collections.abc import Collection
from typing import Any

from django.db.models.functions import Now

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.events.patterns import matching, name_or_pattern
from eventstreaming.events.stream_settings import (
    StreamSettings,
    checked_stream_settings,
    refuse_bounded_forever,
    stream_settings_in_force,
)
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.models import Stream, StreamConfiguration
from eventstreaming.types import Duration


class StreamSettingsOperations(RelationalStore):
    """One row for each name or pattern that somebody configured."""

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
        with self.all_or_none():
            rows = StreamConfiguration.objects.using(self.database)
            row, _ = rows.select_for_update().get_or_create(pattern=pattern)
            refuse_bounded_forever(stored_settings(row) | changes)
            rows.filter(pk=row.pk).update(**_columns(changes), updated_at=Now())

    def stream_settings(self, stream_name: str) -> StreamSettings:
        """See services.stream_settings()."""
        stream_name = arguments.stream_name(stream_name)
        rows = StreamConfiguration.objects.using(self.database).filter(
            pattern__in=matching(stream_name)
        )
        return stream_settings_in_force(
            stream_name, {row.pattern: stored_settings(row) for row in rows}
        )


def stored_settings(row: StreamConfiguration) -> dict[str, Any]:
    """Return what a row says, under the names of the settings."""
    return {
        "concurrent": None if row.kind is None else row.kind == Stream.Kind.CONCURRENT,
        "max_age": row.max_age,
        "max_count": row.max_count,
        "max_bytes": row.max_bytes,
        "keep_forever": row.keep_forever,
        "until_consumed": row.until_consumed,
        "description": row.description,
        "tags": row.tags,
    }


def _columns(changes: dict[str, Any]) -> dict[str, Any]:
    if "concurrent" not in changes:
        return changes
    columns = dict(changes)
    concurrent = columns.pop("concurrent")
    kind = Stream.Kind.CONCURRENT if concurrent else Stream.Kind.SERIAL
    return columns | {"kind": None if concurrent is None else kind}
