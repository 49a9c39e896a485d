"""The tables of a read model."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connections, router
from django.db.models import Model

from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.processing.projections.declaring import Projection

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the names of its columns, without those that are generated."""

    name: str
    columns: list[str]
    key: list[str]
    numbered: list[str]  # columns that may have a sequence


def models_of(projection: Projection, using: str) -> list[type[Model]]:
    """
    Return the models of a projection, those between two of them included.

    Raise UnsupportedOperation for one that lies in another database: what is
    written there does not commit together with the checkpoint.
    """
    found: list[type[Model]] = []
    for model in projection.models:
        links: list[Any] = list(model._meta.local_many_to_many)
        through = [link.remote_field.through for link in links]
        found += [*(one for one in through if one._meta.auto_created), model]
    for model in found:
        if router.db_for_write(model) != using:
            raise UnsupportedOperation(
                f"projection {projection.name!r}: {model._meta.label} is not in the "
                f"database {using!r} of its event store"
            )
    return list(dict.fromkeys(found))


def tables_of(projection: Projection, using: str) -> list[Table]:
    """Return the tables of a projection."""
    return list(_tables(models_of(projection, using), using))


def _tables(models: list[type[Model]], using: str) -> Iterator[Table]:
    for model in models:
        meta = model._meta
        if '"' in meta.db_table:
            raise UnsupportedOperation(
                f"{meta.label}: a db_table with a schema is not built beside; rebuild it "
                "in place"
            )
        fields = [
            one
            for one in meta.local_concrete_fields
            if not getattr(one, "generated", 0)
        ]
        keys = getattr(meta, "pk_fields", [meta.pk])
        yield Table(
            meta.db_table,
            [str(one.column) for one in fields],
            [str(one.column) for one in keys],
            [str(one.column) for one in fields if one.db_returning],
        )


@cache
def template(name: str) -> str:
    """Return the text of `sql/<name>.sql` without its comment lines."""
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def quoted(name: str, using: str) -> str:
    """Return a name as an identifier of SQL."""
    return connections[using].ops.quote_name(name)
