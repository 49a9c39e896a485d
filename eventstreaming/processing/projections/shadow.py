"""
A second set of a read model's tables, in a schema of its own.

A transaction that has `entered` it finds them under the usual names, so that a
projection's models, queries and SQL fill them and need not know.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.utils import CursorWrapper

from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.processing.projections.tables import Table, quoted, template


class Shadow:
    """The second tables of one subscription, by the id of its row."""

    def __init__(self, subscription: int, using: str) -> None:
        self.schema = f"eventstreaming_rebuild_{subscription}"
        self._using = using

    def create(self, tables: list[Table]) -> None:
        """
        Make the tables, empty.

        Raise UnsupportedOperation where the database itself changes other rows when
        some of these are deleted.
        """
        names = [self._quoted(table.name) for table in tables]
        with self._cursor() as cursor:
            cursor.execute(template("cascades"), {"tables": names})
            if cascading := [name for (name,) in cursor.fetchall()]:
                raise UnsupportedOperation(
                    f"{', '.join(cascading)[:80]} would lose rows when a read model is "
                    "exchanged: its foreign key cascades in the database"
                )
            cursor.execute(f"CREATE SCHEMA {self._quoted(self.schema)}")
            for table in tables:
                cursor.execute(self._filled("create_table", table))

    def drop(self) -> None:
        """Remove the tables, if they are there."""
        with self._cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {self._quoted(self.schema)} CASCADE")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let the open transaction find these tables first, inside the block."""
        with self._cursor() as cursor:
            cursor.execute("SELECT current_setting('search_path')")
            ((before,),) = cursor.fetchall()
            self._search(cursor, f"{self._quoted(self.schema)}, {before}")
            yield  # what fails rolls the setting back
            self._search(cursor, before)

    def merge(self, tables: list[Table]) -> None:
        """
        Make what is served the same as these tables, in the open transaction.

        Readers see it when that commits, whatever their isolation, and wait for
        nothing; other writers wait.
        """
        with self._cursor() as cursor:
            names = ", ".join(self._quoted(table.name) for table in tables)
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
            for table in tables:
                cursor.execute(self._filled("delete_changed", table))
            for table in tables:
                cursor.execute(self._filled("insert_built", table))
            for table in tables:
                for column in table.numbered:
                    cursor.execute(self._filled("move_sequence", table, column))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def _filled(self, name: str, table: Table, column: str = "") -> str:
        live = self._quoted(table.name)
        return template(name).format(
            live=live,
            shadow=f"{self._quoted(self.schema)}.{live}",
            columns=self._listed(table.columns),
            live_columns=self._listed(table.columns, "live."),
            built_columns=self._listed(table.columns, "built."),
            live_key=self._listed(table.key, "live."),
            built_key=self._listed(table.key, "built."),
            column=self._quoted(column),
            live_text=_literal(live),
            column_text=_literal(column),
        )

    def _listed(self, columns: list[str], prefix: str = "") -> str:
        return ", ".join(f"{prefix}{self._quoted(column)}" for column in columns)

    def _quoted(self, name: str) -> str:
        return quoted(name, self._using)

    def _cursor(self) -> CursorWrapper:
        return connections[self._using].cursor()

    def _search(self, cursor: CursorWrapper, path: str) -> None:
        cursor.execute("SELECT set_config('search_path', %s, true)", [path])


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
