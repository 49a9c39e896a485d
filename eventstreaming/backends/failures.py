"""How a failure is kept with a message: a bounded text, and a fingerprint."""

import re
import traceback
from hashlib import sha256
from typing import NamedTuple

MAX_TEXT = 10_000
KEPT_ERRORS = 10  # the first, which says how it began, and the last ones
_VARYING = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"")


class Failure(NamedTuple):
    """`fingerprint` is alike for failures of one kind, whatever their values."""

    text: str
    fingerprint: str


DELIVERED_TOO_OFTEN = Failure(
    "Delivered too often without an answer: its handler may be killing the worker.",
    "max_deliveries",
)
CANCELLED = Failure("Cancelled before it was handled.", "cancelled")


def failure_of(error: str | BaseException | None) -> Failure:
    """
    Describe an error: what a person reads, and what groups it with its like.

    An exception gives its traceback, cut in the middle; its fingerprint is made
    of its class and the place where it was raised. A text gives itself; numbers
    and quoted parts do not count for its fingerprint.
    """
    if error is None:
        return Failure("", "")
    if isinstance(error, BaseException):
        text = "".join(traceback.format_exception(error))
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].name}" if frames else ""
        kind = f"{type(error).__module__}.{type(error).__qualname__} {place}"
    else:
        text = str(error)
        kind = _VARYING.sub("?", text)
    return Failure(storable_text(text), sha256(_clean(kind).encode()).hexdigest())


def storable_text(text: str) -> str:
    """Make any text storable: no NUL, no surrogates, bounded length."""
    text = _clean(text)
    if len(text) > MAX_TEXT:
        half = MAX_TEXT // 2
        text = f"{text[:half]}\n… cut …\n{text[-half:]}"
    return text


def _clean(text: str) -> str:
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
