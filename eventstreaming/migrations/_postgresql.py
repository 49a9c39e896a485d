"""SQL that only PostgreSQL gets, kept in files beside the migrations."""

from pathlib import Path
from typing import Any

from django.db import router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

SQL = Path(__file__).parent / "sql"


class PostgreSQLScript(Operation):
    """
    Run a script of the folder `sql` on PostgreSQL, and nothing elsewhere.

    `{schema}` in it becomes the schema that the tables are created in: the
    functions must find them whatever the caller's search path is. A script
    that was released is never edited; a newer migration brings a newer one.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, script: str, *, reverse: str) -> None:
        self.script = script
        self.reverse = reverse

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: models do not know of functions and triggers."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        self._run(self.script, app_label, schema_editor)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        self._run(self.reverse, app_label, schema_editor)

    def describe(self) -> str:
        return f"PostgreSQL: {self.script}"

    def _run(
        self, script: str, app_label: str, schema_editor: BaseDatabaseSchemaEditor
    ) -> None:
        connection = schema_editor.connection
        if connection.vendor != "postgresql":
            return
        if not router.allow_migrate(connection.alias, app_label):
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT quote_ident(current_schema())")
            (schema,) = cursor.fetchone()
        schema_editor.execute(script_for(script, schema), params=None)


def script_for(script: str, schema: str) -> str:
    """Return a script's text with the quoted schema name in it."""
    return (SQL / script).read_text(encoding="utf-8").replace("{schema}", schema)
