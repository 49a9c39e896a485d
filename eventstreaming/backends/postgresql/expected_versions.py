"""Expected versions as the functions for appending take them, and what they refuse."""

from eventstreaming.exceptions import (
    StreamDeleted,
    StreamKindConflict,
    WrongExpectedVersion,
)
from eventstreaming.types import ANY_VERSION, STREAM_EXISTS, ExpectedVersion

_RULES: dict[ExpectedVersion, int] = {ANY_VERSION: -2, STREAM_EXISTS: -3}


def version_number(expected: ExpectedVersion) -> int:
    """Return an expected version as a number."""
    if expected is ANY_VERSION:  # the most usual; an Enum's hash is slow
        return -2
    return expected if isinstance(expected, int) else _RULES[expected]


def append_error(
    problem: str, stream_name: str, expected: ExpectedVersion, actual: int
) -> Exception:
    """Return the error for what a function for appending has answered."""
    if problem == "deleted":
        return StreamDeleted(stream_name)
    if problem == "concurrent":
        return StreamKindConflict(
            stream_name, "a concurrent stream takes no expected version"
        )
    return WrongExpectedVersion(stream_name, expected, actual)
