"""manage.py parkedevents: what it says, asks and does."""

import json

import pytest
from django.core.management import CommandError, call_command

from eventstreaming.models import ParkedEvent
from eventstreaming.operations.parked_events import parked_events
from eventstreaming.processing.subscriptions import SubscriptionRunner
from tests.processing.groups import append_keys, work_off, worker

pytestmark = pytest.mark.django_db

Capture = pytest.CaptureFixture[str]


class Bill:
    """Bills what has a small number."""

    def __init__(self) -> None:
        self.billed: list[int] = []

    def __call__(self, event: object) -> None:
        number = event.data["number"]  # type: ignore[attr-defined]
        if number in (7, 8):
            raise ValueError("too much")
        self.billed.append(number)


@pytest.fixture
def billing() -> SubscriptionRunner:
    append_keys(20, keys=5)
    group = worker(Bill(), name="invoices", partitions=2, max_attempts=1)
    work_off(group)
    return group


def positions(key: str) -> list[int]:
    return [row.position for row in parked_events("invoices", key=key)]


def test_list_shows_why_and_no_data(
    billing: SubscriptionRunner, capsys: Capture
) -> None:
    call_command("parkedevents", "list", "invoices", "--failed")
    first, second = capsys.readouterr().out.splitlines()
    assert first == (
        f"invoices #{positions('2-key')[0]}  key 2-key  order-1@7  Counted  failed  "
        "ValueError: too much"
    )
    assert "key 3-key  order-1@8" in second
    call_command("parkedevents", "list", "--key", "3-key", "--format", "json")
    documents = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in documents] == ["failed", "behind", "behind"]
    assert documents[0]["attempts"] == 1
    call_command("parkedevents", "list", "nothing")
    assert capsys.readouterr().err == "No parked events.\n"


def test_edit_and_replay(billing: SubscriptionRunner, capsys: Capture) -> None:
    (first, *_) = positions("2-key")
    call_command("parkedevents", "edit", "invoices", str(first), '{"number": 70}')
    call_command("parkedevents", "replay", "invoices", "2-key", "other")
    captured = capsys.readouterr()
    assert captured.out == "Edited; now replay its key.\n1 keys are tried again.\n"
    assert captured.err == "Nothing has failed of: other\n"
    work_off(billing)
    assert billing.subscription.function.billed[-3:] == [70, 12, 17]  # type: ignore[attr-defined]
    call_command("parkedevents", "replay", "invoices", "--format", "json")
    assert json.loads(capsys.readouterr().out) == {"replayed_keys": ["3-key"]}


def test_skip_asks_first(
    billing: SubscriptionRunner, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, *_) = positions("3-key")
    monkeypatch.setattr("builtins.input", lambda question: "n")
    with pytest.raises(CommandError, match=r"Nothing was done\."):
        call_command("parkedevents", "skip", "invoices", str(first))
    assert "Skip 1 events of 'invoices' for good? [y/N]" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda question: "y")
    call_command("parkedevents", "skip", "invoices", str(first))
    assert capsys.readouterr().out == "1 skipped.\n"
    work_off(billing)
    assert billing.subscription.function.billed[-2:] == [13, 18]  # type: ignore[attr-defined]
    assert ParkedEvent.objects.filter(key="3-key").count() == 0


def test_wrong_arguments_are_told(billing: SubscriptionRunner) -> None:
    with pytest.raises(CommandError, match="is no JSON"):
        call_command("parkedevents", "edit", "invoices", "1", "{")
    with pytest.raises(CommandError, match="has not parked an event at position 1"):
        call_command("parkedevents", "edit", "invoices", "1", "{}")
