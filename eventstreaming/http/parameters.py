"""Reading what a request brings: an allow-list of parameters, and a JSON object."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from django.http import HttpRequest

from eventstreaming.events import arguments
from eventstreaming.http.problems import Problem

Parser = Callable[[str, str], Any]

MAX_DIGITS = 19


def query(request: HttpRequest, **parsers: Parser) -> dict[str, Any]:
    """
    Return the parameters that are given, each read by its parser.

    `store` is read elsewhere; any other unknown name, and a name that is given
    twice, is refused: a misspelt filter must not answer everything.
    """
    found: dict[str, Any] = {}
    for name, values in request.GET.lists():
        if name == "store":
            continue
        if name not in parsers:
            known = ", ".join(sorted({*parsers, "store"}))
            raise _invalid(
                arguments.excerpt(name), f"no such parameter; known are {known}"
            )
        if len(values) != 1:
            raise _invalid(name, "is given more than once")
        found[name] = parsers[name](values[0], name)
    return found


def integer(text: str, field: str) -> int:
    """Read a whole number of 64 bits."""
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise _invalid(field, f"{arguments.excerpt(text)} is no whole number")
    if len(text.removeprefix("-")) > MAX_DIGITS or abs(int(text)) > 2**63 - 1:
        raise _invalid(field, "does not fit in 64 bits")
    return int(text)


def flag(text: str, field: str) -> bool:
    """Read `true` or `false`."""
    if text not in ("true", "false"):
        raise _invalid(field, "must be true or false")
    return text == "true"


def text(value: str, field: str) -> str:
    """Read a text as it is."""
    return value


def texts(value: str, field: str) -> list[str]:
    """Read texts that commas separate."""
    return value.split(",")


def body(request: HttpRequest, known: Collection[str]) -> dict[str, Any]:
    """Return the JSON object of the body, or raise the Problem with it."""
    if request.content_type != "application/json":
        raise Problem(
            415, "UnsupportedMediaType", "send Content-Type: application/json"
        )
    try:
        document = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "InvalidJSON", f"the body is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise Problem(400, "InvalidJSON", "the body must be an object")
    for name in document:
        if name not in known:
            raise _invalid(
                arguments.excerpt(name),
                f"no such field; known are {', '.join(sorted(known))}",
            )
    return document


def _invalid(field: str, problem: str) -> Problem:
    return Problem(400, "InvalidValue", f"{field}: {problem}", field=field)
