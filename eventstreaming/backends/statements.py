"""The statements of `sql/`, by file name."""

from functools import cache
from pathlib import Path

SQL = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql` without its comment lines."""
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(
        line for line in text.splitlines() if not line.lstrip().startswith("--")
    )
