"""Arrays as the text that PostgreSQL reads: psycopg takes ten times as long for a list."""

from collections.abc import Iterable


def number_array(numbers: Iterable[int]) -> str:
    """Return an array of whole numbers."""
    return f"{{{','.join(map(str, numbers))}}}"


def array(values: Iterable[str | float | None]) -> str:
    """Return an array of numbers, or of checked names, which need no escapes."""
    quoted = ("NULL" if value is None else f'"{value}"' for value in values)
    return f"{{{','.join(quoted)}}}"
