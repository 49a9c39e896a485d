"""How sagas stand, in eventstatus."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from eventstreaming.models import Saga as SagaRow
from eventstreaming.operations import saga_status
from eventstreaming.sagas import Saga, saga, start
from tests.processing.sagas.driving import Trace, own_registries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order() -> Iterator[Saga]:
    with own_registries():
        steps = [Trace().step("a")]
        saga("elsewhere", steps, store="another")
        yield saga("order", steps)


def eventstatus(*arguments: str) -> str:
    out = StringIO()
    call_command("eventstatus", *arguments, stdout=out)
    return out.getvalue()


def test_sagas_are_counted_by_state_and_failed_ones_are_a_problem(
    order: Saga, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        start(order, saga_id=f"n{number}")
    SagaRow.objects.filter(saga_id="n0").update(state="completed")
    SagaRow.objects.filter(saga_id="n1").update(state="failed")
    lines = [line.split() for line in eventstatus().splitlines()]
    assert lines[-2:] == [
        ["saga", "running", "waiting", "compensating", "failed"],
        ["order", "2", "0", "0", "1"],
    ]
    (counted,) = json.loads(eventstatus("--format=json"))["sagas"]
    assert (counted["name"], counted["failed"]) == ("order", 1)
    assert eventstatus("--max-failed=1")
    with pytest.raises(CommandError, match="saga order: 1 failed"):
        eventstatus("--max-failed=0")
    monkeypatch.setattr(saga_status, "BOUND", 2)
    monkeypatch.setattr("eventstreaming.management.status_text.BOUND", 2)
    assert eventstatus().split()[-4:] == ["2+", "0", "0", "1"]
