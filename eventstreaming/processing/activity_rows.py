"""Rows of what workers have done since the rows before."""

from collections.abc import Iterator, Mapping

from eventstreaming.backends import event_stores
from eventstreaming.models import QueueActivity
from eventstreaming.processing.measures import QueueMeasures
from eventstreaming.processing.reports import Report

Measured = Mapping[str, Mapping[str, QueueMeasures]]  # by worker and queue


def activity_rows(
    reports: Mapping[str, Report], before: Measured, database: str
) -> Iterator[QueueActivity]:
    """Yield a row for each queue of a database that a worker has worked at."""
    for report in reports.values():
        earlier = before.get(report.worker_id, {})
        for alias, queues in report.queues.items():
            store = event_stores[alias]
            if store.database != database:
                continue
            for queue in queues:
                now, then = report.measures.get(queue), earlier.get(queue)
                if now is None or now == then:
                    continue
                then = then or QueueMeasures()
                yield QueueActivity(
                    queue=queue,
                    worker_id=report.worker_id,
                    done=now.done - then.done,
                    failed=now.failed - then.failed,
                    waits=now.waits.since(then.waits),
                    runs=now.runs.since(then.runs),
                    depth=store.queue_info(queue).depth,
                )
