"""Rows that tell people which workers there are, and what they do."""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connections
from django.db.models.functions import Now

import eventstreaming
from eventstreaming.backends.identity import host
from eventstreaming.models import QueueActivity, WorkerHeartbeat
from eventstreaming.processing.activity_rows import activity_rows
from eventstreaming.processing.connections import tidy_connections
from eventstreaming.processing.duties import Duty
from eventstreaming.processing.measures import QueueMeasures
from eventstreaming.processing.reports import Report

logger = logging.getLogger("eventstreaming.worker")

BEAT_EVERY = 15.0  # seconds
FIRST_BEAT = 2.0  # seconds: a short batch leaves no row
LAST_BEAT = 2.0  # seconds that taking the rows away may last
FORGET_AFTER = timedelta(hours=1)
FORGET_ACTIVITY_AFTER = timedelta(hours=2)


class Heartbeats(Duty):
    """
    Writes the reports of workers to their databases, from a thread of its own.

    One statement a worker and beat, on one connection a process, however many
    children it has. An outage costs beats, and nothing else.
    """

    def __init__(
        self, databases: Sequence[str], *, supervisor_pid: int | None = None
    ) -> None:
        self._databases = list(databases)
        self._supervisor_pid = supervisor_pid
        self._reports: dict[str, Report] = {}
        self._written: dict[str, str] = {}  # the state of each that has a row
        self._seen: dict[str, Report] = {}  # those that have ended, too
        self._measured: dict[str, dict[str, QueueMeasures]] = {}
        self._news = threading.Event()
        self._is_over = False
        self._has_begun = False
        self._failed = False
        self._thread = threading.Thread(
            target=self._run, name="heartbeats", daemon=True
        )

    def start(self) -> None:
        """Begin to write."""
        if self._databases:
            self._thread.start()

    def note(self, reports: Sequence[Report]) -> None:
        """Note how the workers are; those that are missing have ended."""
        self._reports = {report.worker_id: report for report in reports}
        self._seen = self._seen | self._reports
        if self._has_begun and self._written != _states(self._reports):
            self._news.set()

    def finish(self) -> None:
        """Take the rows away: the workers have ended."""
        self._reports = {}
        self._is_over = True
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(LAST_BEAT)

    def _run(self) -> None:
        self._news.wait(FIRST_BEAT)
        self._has_begun = True
        beats = 0
        while not self._is_over:
            self._news.clear()
            self._attempt(forget=beats % 240 == 0)
            beats += 1
            self._news.wait(BEAT_EVERY)
        if self._written or self._seen:
            self._attempt(forget=False)
        connections.close_all()

    def _attempt(self, *, forget: bool) -> None:
        reports, seen = self._reports, self._seen  # of one moment
        try:
            for alias in self._databases:
                self._beat(alias, reports)
                done = list(activity_rows(seen, self._measured, alias))
                if done:
                    QueueActivity.objects.using(alias).bulk_create(done)
                if forget:
                    rows = WorkerHeartbeat.objects.using(alias)
                    rows.filter(beat_at__lt=Now() - FORGET_AFTER).delete()
                    old = QueueActivity.objects.using(alias)
                    old.filter(at__lt=Now() - FORGET_ACTIVITY_AFTER).delete()
            self._written = _states(reports)
            self._measured = {key: report.measures for key, report in seen.items()}
            self._seen = {k: r for k, r in self._seen.items() if k in self._reports}
            tidy_connections()
            self._failed = False
        except Exception as error:
            level = logging.DEBUG if self._failed else logging.WARNING
            logger.log(level, "the workers' heartbeats were not written: %s", error)
            self._failed = True
            connections.close_all()

    def _beat(self, alias: str, reports: dict[str, Report]) -> None:
        rows = WorkerHeartbeat.objects.using(alias)
        for report in reports.values():
            beat = self._columns(report)
            if not rows.filter(pk=report.worker_id).update(**beat, beat_at=Now()):
                rows.create(worker_id=report.worker_id, **beat)
        if ended := self._written.keys() - reports.keys():
            rows.filter(pk__in=ended).delete()

    def _columns(self, report: Report) -> dict[str, Any]:
        return {
            "host": host(),
            "pid": report.pid,
            "supervisor_pid": self._supervisor_pid,
            "version": eventstreaming.__version__,
            "state": report.state,
            "queues": sorted(
                name for names in report.queues.values() for name in names
            ),
            "subscriptions": sorted(report.subscriptions),
            "threads": report.threads,
            "in_flight": report.in_flight,
            "done": report.done,
            "failed": report.failed,
            "handled": report.handled,
            "memory": report.memory,
        }


def _states(reports: dict[str, Report]) -> dict[str, str]:
    return {key: report.state for key, report in reports.items()}
