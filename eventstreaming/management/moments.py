"""Times on a command line: in UTC unless they say otherwise."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime


def moment(text: str) -> datetime:
    """Read a time like 2026-11-01T12:00; a type for argparse."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
