"""System checks of a store on SQLite."""

from typing import Any

from django.conf import settings
from django.core import checks

from eventstreaming.backends.relational import RelationalStore

WRITING_MODES = ("IMMEDIATE", "EXCLUSIVE")


class ConfigurationChecks(RelationalStore):
    """What DatabaseEventStore looks for in the settings."""

    def check(self, **kwargs: Any) -> list[Any]:
        """See BaseEventStore.check()."""
        if self.connection.vendor != "sqlite":
            return []
        messages: list[checks.CheckMessage] = []
        if not self.connection.features.can_return_rows_from_bulk_insert:
            messages.append(
                checks.Error(
                    "This SQLite does not return the positions of new events.",
                    hint="Use a Python that is linked with SQLite 3.35 or newer.",
                    id="eventstreaming.E013",
                )
            )
        if not settings.USE_TZ:
            messages.append(
                checks.Error(
                    "Events and messages have aware times, which Django stores in "
                    "SQLite with USE_TZ only.",
                    hint="Set USE_TZ = True, or use PostgreSQL.",
                    id="eventstreaming.E014",
                )
            )
        options = self.connection.settings_dict["OPTIONS"]
        if str(options.get("transaction_mode")).upper() not in WRITING_MODES:
            messages.append(
                checks.Warning(
                    f"Transactions on the SQLite database {self.database!r} begin as "
                    "readers: one that writes later fails at once with “database is "
                    "locked” when another is writing.",
                    hint=f'Set DATABASES[{self.database!r}]["OPTIONS"] = '
                    '{"transaction_mode": "IMMEDIATE"}.',
                    id="eventstreaming.W007",
                )
            )
        return messages
