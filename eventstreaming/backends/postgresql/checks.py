"""System checks that ask the server."""

from typing import Any

from django.core import checks

from eventstreaming.backends.relational import RelationalStore

OLDEST_VERSION = 15
FUNCTIONS = [
    "eventstreaming_acknowledge_many_v1",
    "eventstreaming_acknowledge_v1",
    "eventstreaming_append_any_v2",
    "eventstreaming_append_concurrent_v3",
    "eventstreaming_append_one_v1",
    "eventstreaming_append_plain_v2",
    "eventstreaming_append_v2",
    "eventstreaming_begin_append_v1",
    "eventstreaming_claim_queue_v1",
    "eventstreaming_claim_v3",
    "eventstreaming_enqueue_plain_v1",
    "eventstreaming_enqueue_v1",
    "eventstreaming_fence_v1",
    "eventstreaming_group_holds_v1",
    "eventstreaming_group_is_free_v1",
    "eventstreaming_group_skips_v1",
    "eventstreaming_mark_v4",
    "eventstreaming_new_stream_kind_v1",
    "eventstreaming_open_stream_v1",
    "eventstreaming_queue_settings_v1",
    "eventstreaming_read_stream_v1",
    "eventstreaming_wake_group_v1",
]
TRIGGERS = [
    "eventstreaming_mark",
    "eventstreaming_refuse_update",
    "eventstreaming_refuse_delete",
]


class DatabaseChecks(RelationalStore):
    """The checks of PostgreSQLEventStore that need its database."""

    def check_database(self) -> list[Any]:
        """See BaseEventStore.check_database()."""
        ((version, migrated, missing, disabled, cached, style),) = self._execute(
            "check", {"functions": FUNCTIONS, "triggers": TRIGGERS}
        )
        messages: list[checks.CheckMessage] = []
        if version < OLDEST_VERSION * 10_000:
            messages.append(
                checks.Error(
                    f"The database {self.database!r} is PostgreSQL {version // 10_000}.",
                    hint=f"Use PostgreSQL {OLDEST_VERSION} or newer.",
                    id="eventstreaming.E010",
                )
            )
        # No error: `migrate` itself runs this check before it adds what is missing.
        if missing and migrated:
            messages.append(
                checks.Warning(
                    f"The database {self.database!r} lacks {', '.join(missing)}.",
                    hint="Run `manage.py migrate eventstreaming`.",
                    id="eventstreaming.W011",
                )
            )
        if disabled:
            messages.append(
                checks.Error(
                    f"The triggers {', '.join(disabled)} are disabled in "
                    f"{self.database!r}: readers could lose events.",
                    hint="ALTER TABLE eventstreaming_event ENABLE ALWAYS TRIGGER …",
                    id="eventstreaming.E011",
                )
            )
        if cached not in (None, 1):
            messages.append(
                checks.Error(
                    f"The sequence of event positions in {self.database!r} draws "
                    f"{cached} at a time: readers would lose events.",
                    hint="ALTER SEQUENCE eventstreaming_event_position_seq CACHE 1",
                    id="eventstreaming.E012",
                )
            )
        if not style.startswith("ISO"):
            messages.append(
                checks.Error(
                    f"The database {self.database!r} sends times in the DateStyle "
                    f"{style!r}, which cannot be read.",
                    hint="ALTER DATABASE … SET DateStyle = 'ISO', or set it by OPTIONS.",
                    id="eventstreaming.E015",
                )
            )
        return messages
