"""Finding the row of a saga, and locking it."""

from django.db.models.functions import Now

from eventstreaming.backends import event_stores
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.models import Saga as SagaRow
from eventstreaming.processing.sagas.plans import Saga


def saga_database(saga: Saga) -> str:
    """Return the alias of the database. Raise UnsupportedOperation without one."""
    store = event_stores[saga.store]
    if store.database is None:
        raise UnsupportedOperation(
            f"saga {saga.name!r}: {type(store).__name__} keeps no sagas "
            "(supports_transactions is False)"
        )
    return store.database


def find_row(
    saga: Saga, saga_id: str, *, lock: bool = False, wait: bool = True
) -> SagaRow | None:
    """
    Return a saga's row, with the database's time as `now`; None if there is none.

    With `lock` it is held until the transaction ends; without `wait` a row that
    somebody else holds is not found.
    """
    rows = SagaRow.objects.using(saga_database(saga)).annotate(now=Now())
    if lock:
        rows = rows.select_for_update(skip_locked=not wait)
    return rows.filter(name=saga.name, saga_id=saga_id).first()
