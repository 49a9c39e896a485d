"""
Planting bugs in the library, each to be found under the right name.

Every scenario runs twice: sound, where the checker must be content, and with
its bug planted, where it must name the invariants that the bug breaks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from eventstreaming.backends import relational
from eventstreaming.backends.postgresql import bound
from eventstreaming.backends.statements import statement
from tests.history.checker import check, names
from tests.history.final import FinalState
from tests.history.operations import History
from tests.history.stores import RecordingStore


class Trial:
    """A scenario on the test database, with or without its bug."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, planted: bool
    ) -> None:
        self.folder = folder
        self.planted = planted
        self.store = RecordingStore("default", history=str(folder), process="trial")
        self._monkeypatch = monkeypatch
        self._functions: list[str] = []

    def replace_sql(self, name: str, old: str, new: str) -> None:
        """Plant another text in a statement of `sql/`."""
        text = statement(name)
        assert old in text, f"sql/{name}.sql has changed: plant the bug anew"
        self.set_sql(name, text.replace(old, new))

    def set_sql(self, name: str, text: str) -> None:
        """Plant another statement instead of one of `sql/`."""
        if self.planted:
            present = relational.statement
            for executing in (relational, bound):
                self._monkeypatch.setattr(
                    executing,
                    "statement",
                    lambda asked: text if asked == name else present(asked),
                )

    def replace_function(self, name: str, *changes: tuple[str, str]) -> None:
        """Plant other texts in a function of the database, until `close()`."""
        with server_session() as session:
            ((present,),) = session.execute(
                "SELECT pg_get_functiondef(%s::regproc)", [name]
            ).fetchall()
            text = present
            for old, new in changes:
                assert old in text, f"{name}() has changed: plant the bug anew"
                text = text.replace(old, new)
            if self.planted:
                self._functions.append(present)
                session.execute(text.encode())

    def close(self) -> None:
        """Take the planted functions out again."""
        self.store.recorder.close()
        with server_session() as session:
            for text in self._functions:
                session.execute(text.encode())

    def replace(self, owner: object, name: str, planted: Callable[..., Any]) -> None:
        """Plant another function or method."""
        if self.planted:
            self._monkeypatch.setattr(owner, name, planted)

    def inject(self, owner: object, name: str, faulty: Callable[..., Any]) -> None:
        """Put a fault in the way, which a sound library survives."""
        self._monkeypatch.setattr(owner, name, faulty)

    def expect(self, *invariants: str, **final: Any) -> None:
        """Check what was recorded; `final` adds to the final state."""
        with server_session() as session:
            FinalState.read(session, **final).save(self.folder)
        verdict = check(History.load(self.folder), floors={})
        expected = set(invariants) if self.planted else set()
        assert names(verdict.violations) == expected, str(verdict)


@contextmanager
def server_session() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Open a session of its own, without what Django adds to one."""
    parameters = connection.get_connection_params()
    parameters.pop("context", None)
    parameters.pop("cursor_factory", None)
    with psycopg.connect(**parameters, autocommit=True) as session:
        yield session
