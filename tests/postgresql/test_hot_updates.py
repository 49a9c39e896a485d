"""Leases are heap-only updates: no index is written at a delivery."""

import pytest

from eventstreaming import dequeue_many, enqueue_many
from eventstreaming.backends import identity
from tests.sessions import execute

pytestmark = pytest.mark.django_db(transaction=True)


def updates() -> tuple[int, int]:
    execute("SELECT pg_stat_force_next_flush()")
    execute("SELECT 1")
    return execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables "
        "WHERE relname = 'eventstreaming_message'"
    )[0]


@pytest.mark.parametrize("size", [1, 150, 200])
@pytest.mark.parametrize("host", ["vm", "shop-worker-7d9c5b8f6d-x2x4q"])
def test_claims_extensions_and_releases_are_hot(
    size: int, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a page holds of them: a claimed message is longer by its worker."""
    monkeypatch.setattr(identity, "_HOST", host)
    for _ in range(10):
        enqueue_many("work", [{"text": "x" * size} for _ in range(500)])
    all_before, hot_before = updates()
    while messages := dequeue_many("work", 100, 60):
        messages[0].extend(60)
        messages[-1].nack(delay=0)
    everything, hot = updates()
    assert everything - all_before >= 5_000
    assert (hot - hot_before) / (everything - all_before) >= 0.95
