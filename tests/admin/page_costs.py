"""What a page costs: statements, buffers, and walks through long tables."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

LONG = {
    f"eventstreaming_{name}"
    for name in ("event", "message", "deadletter", "saga", "taskresult")
}


@dataclass
class Cost:
    """
    That of the statements about our tables; what knows the user is left out.

    The buffers are those that running them touches, in memory or not. What planning
    reads of the catalog is not among them: it is there from the first statement on.
    """

    statements: int = 0
    buffers: int = 0
    rows: int = 0
    walks: list[str] = field(default_factory=list)


@contextmanager
def measured() -> Iterator[Cost]:
    """Run each statement of the block a second time, explained."""
    cost = Cost()

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        cost.statements += "eventstreaming_" in sql
        if "eventstreaming_" in sql and sql.split(maxsplit=1)[0] in ("SELECT", "WITH"):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                (found,) = cursor.fetchone()
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            cost.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            cost.rows += int(plan["Actual Rows"])
            if any(
                node["Node Type"] == "Seq Scan" and node["Relation Name"] in LONG
                for node in _nodes(plan)
            ):
                cost.walks.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield cost


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
