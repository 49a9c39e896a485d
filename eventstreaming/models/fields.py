"""Column types that Django does not have."""

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class LiteralJSONField(models.JSONField):
    """
    JSON kept to the letter: `json` instead of `jsonb` on PostgreSQL.

    It is cheaper to write, keeps key order, and cannot be searched.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor == "postgresql":
            return "json"
        return super().db_type(connection)

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> Any:
        if isinstance(value, str):
            return super().from_db_value(value, expression, connection)
        return value  # psycopg has decoded it

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        adapted = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "postgresql" and adapted is not None:
            return json.dumps(value, cls=self.encoder)  # an untyped text becomes json
        return adapted
