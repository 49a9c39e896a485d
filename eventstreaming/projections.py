"""
Projections: read models that follow from events and can be rebuilt.

Import it where models may be imported: in `subscriptions.py` of an app, in views
and services. `wait_until_processed()` has an async twin.
"""

from eventstreaming.processing.projections.declaring import Projection, handles
from eventstreaming.processing.projections.exceptions import (
    NotProcessedInTime,
    RebuildFailed,
    UnknownProjection,
    WaitInTransaction,
)
from eventstreaming.processing.projections.waiting import (
    await_until_processed,
    wait_until_processed,
)

__all__ = [
    "NotProcessedInTime",
    "Projection",
    "RebuildFailed",
    "UnknownProjection",
    "WaitInTransaction",
    "await_until_processed",
    "handles",
    "wait_until_processed",
]
