"""
Sagas: work in several steps, each of its own transaction, undone if one fails.

    order = saga("order", [Reserve, Charge, Ship])
    start(order, {"order_id": 7}, saga_id="7")

Import it where models may be imported: in `sagas.py` of an app, which workers
find, in views and services. Each function has an async twin.
"""

from eventstreaming.processing.sagas.context import SagaContext
from eventstreaming.processing.sagas.declaring import saga
from eventstreaming.processing.sagas.operating import (
    SagaStatus,
    StartedSaga,
    acancel,
    aresume,
    asignal,
    astart,
    astatus,
    cancel,
    resume,
    signal,
    start,
    status,
)
from eventstreaming.processing.sagas.plans import Saga
from eventstreaming.processing.sagas.steps import Step

__all__ = [
    "Saga",
    "SagaContext",
    "SagaStatus",
    "StartedSaga",
    "Step",
    "acancel",
    "aresume",
    "asignal",
    "astart",
    "astatus",
    "cancel",
    "resume",
    "saga",
    "signal",
    "start",
    "status",
]
