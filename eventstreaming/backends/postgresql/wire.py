"""
Statements as libpq takes them, and rows as psycopg makes them of its answers.

For what goes past psycopg's cursors, whose Python takes as long as PostgreSQL does to
append an event. Values and rows are converted as theirs are, and statements that they
have prepared are used.
"""

import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias, TypeVar

from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from eventstreaming.backends.postgresql.awaiting import answer, settle

# Values as texts that the server reads, as it reads a literal: names that were checked,
# JSON, and digits. They are UTF-8, as the connections of bound.plain_driver() are.
# libpq would end one at a zero byte; there is none in any of these.
Texts: TypeAlias = tuple[bytes, ...]
# A statement that takes texts: its own, and a zero for the type of each of them.
OfTexts: TypeAlias = tuple[bytes, tuple[int, ...]]

A = TypeVar("A")
T = TypeVar("T")

_KEPT = "_eventstreaming_transformer"  # on the driver's connection
# An attribute of an Enum takes longer than a global.
_AUTO = PyFormat.AUTO
_FATAL = ExecStatus.FATAL_ERROR
_IDLE = TransactionStatus.IDLE
_NO_PIPELINE = PipelineStatus.OFF
_TEXT = 25  # the type

# What psycopg has prepared, by text and types, and after how many times it does so. It
# forgets that after a DEALLOCATE, say: nobody else knows what is left. Should it keep
# that elsewhere one day, cursors know.
_manager: Any = getattr(sys.modules.get("psycopg._preparing"), "PrepareManager", object)
_preparing_of: Callable[[Any], tuple[dict[OfTexts, bytes], int | None]] = (
    attrgetter("_prepared._names", "_prepared.prepare_threshold")
    if hasattr(_manager(), "_names") and hasattr(_manager(), "prepare_threshold")
    else lambda driver: ({}, driver.prepare_threshold)
)


class Dumped(NamedTuple):
    """A statement with its values: as libpq takes them, with their types."""

    text: bytes
    name: bytes | None  # under which psycopg has prepared it
    values: Sequence[Any] | None
    types: Sequence[int] | None
    formats: Sequence[Any] | None
    is_prepared: bool  # or is not to be


def dumped(driver: Any, text: bytes, values: list[Any] | Texts) -> Dumped:
    """
    Return a statement as libpq takes it; `text` has $1 for the first value.

    Raise an error of psycopg for a value that it does not take.
    """
    taken, types, formats = _taken(driver, values)
    names, threshold = _preparing_of(driver)
    if not values or threshold is None:
        return Dumped(text, None, taken, types, formats, True)
    name = names.get((text, types))
    return Dumped(text, name, taken, types, formats, name is not None)


def send(pgconn: PGconn, statement: Dumped) -> None:
    """Send a statement."""
    text, name, values, types, formats, _ = statement
    if name is None:
        pgconn.send_query_params(text, values, types, formats)
    else:
        pgconn.send_query_prepared(name, values, formats)


def loaded(driver: Any, result: PGresult) -> list[Any]:
    """Return the rows of an answer."""
    transformer = _transformer_of(driver)
    transformer.set_pgresult(result)
    rows: list[Any] = transformer.load_rows(0, result.ntuples, tuple)
    transformer.set_pgresult(None)  # which may be large
    return rows


def execute(driver: Any, text: bytes, values: list[Any] | Texts) -> list[Any] | None:
    """
    Return the rows of a statement; None, and nothing is done, if it takes a cursor.

    That is where a transaction is to begin with it, and until psycopg has prepared it.
    """
    pgconn = driver.pgconn
    if (
        not driver.autocommit and pgconn.transaction_status == _IDLE
    ) or pgconn.pipeline_status != _NO_PIPELINE:
        return None
    with driver.lock:
        if isinstance(values, tuple):  # the shortest of all: each further call counts
            taken, types, formats = values, (0,) * len(values), None
        else:
            taken, types, formats = _taken(driver, values)
        names, threshold = _preparing_of(driver)
        is_to_be_prepared = values and threshold is not None
        name = names.get((text, types)) if is_to_be_prepared else None
        try:
            if name is not None:
                pgconn.send_query_prepared(name, taken, formats)
            elif not is_to_be_prepared:
                pgconn.send_query_params(text, taken, types, formats)
            else:
                return None
            result = answer(driver)
        except BaseException:
            settle(driver)
            raise
        if result.status == _FATAL:
            raise error_from_result(result)
        if result.ntuples == result.nfields == 1 and result.ftype(0) == _TEXT:
            value = result.get_value(0, 0)
            return [(value if value is None else value.decode(),)]
        return loaded(driver, result)


def text_by(
    driver: Any,
    statement: OfTexts,
    values: Texts,
    meanwhile: Callable[[A], T],
    argument: A,
) -> tuple[str | None, T] | None:
    """
    Return the one text that a statement returns, and `meanwhile(argument)`.

    None, and nothing is done, if it takes a cursor; see execute(). This is that for
    those to whom each step counts: what can wait is done while the server works.
    """
    pgconn = driver.pgconn
    if (
        not driver.autocommit and pgconn.transaction_status == _IDLE
    ) or pgconn.pipeline_status != _NO_PIPELINE:
        return None
    with driver.lock:
        try:
            names, threshold = _preparing_of(driver)
            if threshold is None:
                pgconn.send_query_params(statement[0], values)
            elif name := names.get(statement):
                pgconn.send_query_prepared(name, values)
            else:
                return None
            done = meanwhile(argument)
            result = answer(driver)
        except BaseException:
            settle(driver)
            raise
    if result.status == _FATAL:
        raise error_from_result(result)
    value = result.get_value(0, 0)
    return value if value is None else value.decode(), done


def _taken(driver: Any, values: list[Any] | Texts) -> tuple[Any, Any, Any]:
    """Return values as libpq takes them, with their types and formats."""
    if isinstance(values, tuple) or not values:
        return values, (0,) * len(values), None
    transformer = _transformer_of(driver)
    taken = transformer.dump_sequence(values, [_AUTO] * len(values))
    return taken, transformer.types, transformer.formats


def _transformer_of(driver: Any) -> Any:
    """Return what converts values on a connection; it learns their types."""
    found = vars(driver).get(_KEPT)
    if found is None:
        found = vars(driver)[_KEPT] = Transformer(driver)
    return found
