"""What an error says about the call that raised it."""

from typing import Any, Literal

from django.db import Error

from eventstreaming.exceptions import EventStreamingError
from eventstreaming.processing.outages import sqlstate_of

Outcome = Literal["ok", "fail", "info"]

# Connection trouble, shutdown and crash: the server may have committed before.
_UNKNOWN_CLASSES = ("08", "57P")
_UNKNOWN = frozenset({"40003"})


def outcome_of(error: BaseException) -> Outcome:
    """
    Return "fail" if certainly nothing happened, and "info" if that is unknown.

    An error that the server reported has rolled its statement back. Taking an
    unknown outcome for a failure would invent violations, and the other way
    round would hide them.
    """
    if isinstance(error, EventStreamingError):
        return "fail"
    state = sqlstate_of(error)
    if not isinstance(error, Error) or state is None:
        return "info"
    unknown = state.startswith(_UNKNOWN_CLASSES) or state in _UNKNOWN
    return "info" if unknown else "fail"


def description_of(error: BaseException) -> dict[str, Any]:
    """Return what the checker needs of an error, as JSON."""
    described: dict[str, Any] = {"error": type(error).__name__}
    for attribute in ("reason", "actual"):
        if isinstance(value := getattr(error, attribute, None), str | int):
            described[attribute] = value
    if state := sqlstate_of(error):
        described["sqlstate"] = state
    return described
