"""Reports as workers make them."""

from typing import Any

from msgspec import structs

from eventstreaming.processing.reports import Report

_RUNNING = Report(
    worker_id="here:1:0",
    pid=1,
    state="running",
    queues={"default": ["mails"]},
    subscriptions=[],
    threads=4,
    in_flight=2,
    done=0,
    failed=0,
    handled=0,
    late=0.0,
    memory=None,
    wants_replacement="",
    changes=0,
)


def report(**changes: Any) -> Report:
    """Return the report of a worker that runs, but for the changes."""
    return structs.replace(_RUNNING, **changes)
