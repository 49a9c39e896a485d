"""
Statements as libpq takes them, and rows as psycopg makes them of its answers.

For what goes past psycopg's cursors, whose Python takes as long as PostgreSQL does to
append an event. Values and rows are converted as theirs are, and statements that they
have prepared are used.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

# Values as texts that the server reads, as it reads a literal. Nothing is left to do.
Texts: TypeAlias = tuple[bytes, ...]

_KEPT = "_eventstreaming_transformer"  # on the driver's connection
# An attribute of an Enum takes longer than a global.
_AUTO = PyFormat.AUTO
_FATAL = ExecStatus.FATAL_ERROR
_IDLE = TransactionStatus.IDLE
_NO_PIPELINE = PipelineStatus.OFF
_NO_TYPES = (0,) * 16


class Dumped(NamedTuple):
    """A statement with its values: as libpq takes them, with their types."""

    text: bytes
    name: bytes | None  # under which psycopg has prepared it
    values: Sequence[Any] | None
    types: Sequence[int] | None
    formats: Sequence[Any] | None
    is_prepared: bool  # or is not to be

    def send(self, pgconn: PGconn) -> None:
        """Send the statement."""
        if self.name is None:
            pgconn.send_query_params(self.text, self.values, self.types, self.formats)
        else:
            pgconn.send_query_prepared(self.name, self.values, self.formats)


def dumped(driver: Any, text: bytes, values: list[Any] | Texts) -> Dumped:
    """
    Return a statement as libpq takes it; `text` has $1 for the first value.

    Raise an error of psycopg for a value that it does not take.
    """
    if not values:
        return Dumped(text, None, None, None, None, is_prepared=True)
    if type(values) is tuple:
        taken, types, formats = values, _NO_TYPES[: len(values)], None
    else:
        transformer = _transformer_of(driver)
        taken = transformer.dump_sequence(values, [_AUTO] * len(values))
        types, formats = transformer.types, transformer.formats
    if driver.prepare_threshold is None:
        return Dumped(text, None, taken, types, formats, is_prepared=True)
    # psycopg also forgets them, after a DEALLOCATE say: nobody else knows what is there.
    prepared = getattr(getattr(driver, "_prepared", None), "_names", {})
    name = prepared.get((text, types))
    return Dumped(text, name, taken, types, formats, name is not None)


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
        (not driver.autocommit and pgconn.transaction_status == _IDLE)
        or pgconn.pipeline_status != _NO_PIPELINE
        or pgconn.parameter_status(b"client_encoding") != b"UTF8"
    ):
        return None
    with driver.lock:
        statement = dumped(driver, text, values)
        if not statement.is_prepared:
            return None
        statement.send(pgconn)
        (result,) = driver.wait(generators.execute(pgconn))
        if result.status == _FATAL:
            raise error_from_result(result)
        return loaded(driver, result)


def _transformer_of(driver: Any) -> Any:
    """Return what converts values on a connection; it learns their types."""
    found = vars(driver).get(_KEPT)
    if found is None:
        found = vars(driver)[_KEPT] = Transformer(driver)
    return found
