"""Sagas that ended long ago are deleted; failed ones and histories stay."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from eventstreaming import stream_info
from eventstreaming.exceptions import InvalidType, UnsupportedOperation
from eventstreaming.models import Saga as SagaRow
from eventstreaming.operations import saga_retention
from eventstreaming.operations.saga_retention import prune_sagas
from eventstreaming.sagas import Saga, saga, start
from tests.processing.sagas.driving import Trace, own_registries, run

pytestmark = pytest.mark.django_db

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


@pytest.fixture(autouse=True)
def order() -> Iterator[Saga]:
    """Have sagas that ended, or failed, a month ago, and one that ended now."""
    with own_registries():
        found = saga("order", [Trace().step("a")])
        for saga_id in ("old", "stuck", "new", "other"):
            start(found, saga_id=saga_id)
        run(found)
        long_ago = timezone.now() - timedelta(days=30)
        SagaRow.objects.exclude(saga_id="new").update(finished_at=long_ago)
        SagaRow.objects.filter(saga_id="stuck").update(state="failed")
        SagaRow.objects.filter(saga_id="other").update(name="parcel")
        yield found


def left() -> set[str]:
    return set(SagaRow.objects.values_list("saga_id", flat=True))


def prune(*arguments: str) -> str:
    out = StringIO()
    call_command("prunesagas", *arguments, stdout=out)
    return out.getvalue()


def test_what_ended_long_ago_is_deleted(
    order: Saga, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saga_retention, "BATCH_SIZE", 1)
    assert prune("--older-than=31d") == "0 sagas deleted.\n"
    assert prune("--older-than=2w", "--dry-run") == "2 sagas would be deleted.\n"
    assert left() == {"old", "stuck", "new", "other"}
    assert prune("order", "--older-than=2w") == "1 sagas deleted.\n"
    assert prune("--older-than=2w", "-v0") == ""
    assert left() == {"stuck", "new"}
    assert stream_info("saga-order/old").length == 3
    assert start(order, saga_id="old").created


def test_what_is_refused() -> None:
    with pytest.raises(CommandError, match="required"):
        prune()
    with pytest.raises(CommandError, match="names"):
        prune("a b", "--older-than=1d")
    with pytest.raises(InvalidType, match="older_than"):
        prune_sagas("90d")  # type: ignore[arg-type]
    with (
        override_settings(EVENT_STORES={"default": MEMORY}),
        pytest.raises(UnsupportedOperation),
    ):
        prune_sagas(1)
