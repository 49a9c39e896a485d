"""Whether workers are alive and ready, for those who restart processes."""

import threading
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

from django.db import connections

from eventstreaming import clock
from eventstreaming.exceptions import InvalidValue
from eventstreaming.processing.duties import Duty
from eventstreaming.processing.reports import Report

LATE_SECONDS = 30.0  # of a control loop, beyond what it meant to rest
UNHEARD_SECONDS = 10.0  # since the last reports, of which there are some a second
CONNECT_SECONDS = 5
REMEMBER_SECONDS = 1.0  # an answer of the database


class Health(Duty):
    """
    What the last reports say.

    Alive: the control loops turn. A database that is away is waited for, so it is
    no reason to restart anything. Ready: a worker runs, and its databases answer.
    """

    def __init__(self, databases: Sequence[str], *, file: Path | None = None) -> None:
        self._databases = list(databases)
        self._file = file
        self._reports: Sequence[Report] = ()
        self._heard_at = -inf
        self._asking = threading.Lock()
        self._answer: tuple[float, list[str]] = (-inf, [])
        if file is not None:
            try:
                file.touch()
            except OSError as error:
                raise InvalidValue("health-file", str(error)) from error

    def note(self, reports: Sequence[Report]) -> None:
        """Note how the workers are, and touch the file if they are alive."""
        self._reports = reports
        self._heard_at = clock.monotonic()
        if self._file is not None and not self.why_not_alive():
            self._file.touch()

    def finish(self) -> None:
        """Take the file away."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def why_not_alive(self) -> list[str]:
        """Return what is wrong with the control loops."""
        unheard = clock.monotonic() - self._heard_at
        if unheard >= UNHEARD_SECONDS:
            return ["nothing is heard of the workers"]
        return [
            f"a control loop of worker {report.pid} hangs for {report.late:.0f} s"
            for report in self._reports
            if report.late >= LATE_SECONDS
        ]

    def why_not_ready(self) -> list[str]:
        """Return why no messages may be handled; it asks the databases."""
        reasons = self.why_not_alive()
        if not any(report.state == "running" for report in self._reports):
            reasons.append("no worker is running")
        return reasons + self._why_no_database()

    def workers(self) -> list[dict[str, Any]]:
        """Return the processes, for people."""
        return [
            {
                "pid": report.pid,
                "state": report.state,
                "in_flight": report.in_flight,
                "late": round(report.late, 1),
            }
            for report in self._reports
        ]

    def _why_no_database(self) -> list[str]:
        """Ask the databases, one caller at a time and at most once a second."""
        if not self._asking.acquire(timeout=CONNECT_SECONDS):
            return ["the database does not answer"]
        try:
            at, answer = self._answer
            if clock.monotonic() - at >= REMEMBER_SECONDS:
                answer = [
                    f"the database {alias!r} is away"
                    for alias in self._databases
                    if not is_reachable(alias)
                ]
                self._answer = (clock.monotonic(), answer)
            return list(answer)
        finally:
            self._asking.release()


def is_reachable(alias: str) -> bool:
    """Say whether a new connection to a database gets an answer."""
    connection = connections[alias].copy()
    options = connection.settings_dict["OPTIONS"]
    options.pop("pool", None)
    if connection.vendor == "postgresql":
        options.setdefault("connect_timeout", CONNECT_SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever it is, nothing can be done there
        return False
    finally:
        connection.close()
    return True
