"""Column types that Django does not have."""

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from eventstreaming.events.values import from_json


class StoredJSONField(models.JSONField):
    """JSON that is read whoever wrote it: a number of any length stops nobody."""

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """Let PostgreSQL send text, which the driver does not decode."""
        if compiler.connection.vendor == "postgresql":
            return f"({sql})::text", params
        return super().select_format(compiler, sql, params)

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> Any:
        return from_json(value) if isinstance(value, str) else value


class LiteralJSONField(StoredJSONField):
    """
    JSON kept to the letter: `json` instead of `jsonb` on PostgreSQL.

    It is cheaper to write, keeps key order, and cannot be searched.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor == "postgresql":
            return "json"
        return super().db_type(connection)

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        adapted = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "postgresql" and adapted is not None:
            return json.dumps(value, cls=self.encoder)  # an untyped text becomes json
        return adapted
