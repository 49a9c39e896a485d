"""What a process announces: the leading edge, after the commit, apart from it."""

import pytest
from django.db import connection, transaction
from django.test import TestCase

from eventstreaming import (
    EventData,
    append,
    append_many,
    clock,
    enqueue,
    enqueue_many,
    event_store,
)
from eventstreaming.backends import event_stores, relational
from eventstreaming.backends.postgresql import bound
from eventstreaming.backends.waking import announcing
from eventstreaming.backends.waking.topics import SCHEDULES
from eventstreaming.types import Append
from tests.sessions import execute
from tests.waking.listeners import Ear, ear

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("quiet_process"),
]

NOTED = EventData("Noted", {})


def test_appends_and_messages_are_announced_by_name(hearer: Ear) -> None:
    append("order-1", NOTED)
    enqueue("work", {"n": 1})
    assert hearer.heard() == ["order-1", "$work"]


def test_batches_are_announced_once(hearer: Ear) -> None:
    enqueue_many("work", [{"n": n} for n in range(50)])
    append_many([Append("a", NOTED), Append("a", [NOTED, NOTED])])
    assert hearer.heard() == ["$work", "a"]


def test_burst_is_announced_at_its_beginning_only(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(30):
        append("order-1", EventData("Noted", {"number": number}))
    assert hearer.heard() == ["order-1"]


def test_window_that_has_ended_lets_the_next_one_through(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 0.0)
    for _ in range(3):
        append("order-1", NOTED)
    assert hearer.heard() == ["order-1"] * 3


def test_many_streams_are_announced_as_anything(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(30):
        append(f"order-{number}", NOTED)
    assert hearer.heard() == ["order-0", "order-1", ""]


def test_process_that_writes_to_many_streams_names_none_for_a_while(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = announcing.announcements(connection.alias)

    def write_later(*stream_names: str) -> list[str]:
        own._sent.clear()  # as if the window had ended
        for name in stream_names:
            append(name, NOTED)
        return hearer.heard()

    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    monkeypatch.setattr(announcing, "BUSY_FOR", 60.0)
    assert write_later("a-1", "a-2") == ["a-1", "a-2"]
    assert write_later("a-1", "a-2", "a-3") == ["a-1", "a-2", ""]
    until = own._busy_until
    assert write_later("a-1", "a-2", "a-3") == [""]
    assert own._busy_until == until  # or it would name none again
    own._busy_until = clock.monotonic()
    assert write_later("a-1", "a-2") == ["a-1", "a-2"]


@pytest.mark.parametrize("debug", [False, True])
def test_what_goes_apart_goes_by_the_driver(
    hearer: Ear, debug: bool, settings: object, django_assert_num_queries: object
) -> None:
    settings.DEBUG = debug  # type: ignore[attr-defined]
    for number in range(4):
        announcing._by_database.clear()
        # The append, in its BEGIN and COMMIT.
        with django_assert_num_queries(3), transaction.atomic():  # type: ignore[operator]
            append(f"order-{number}", NOTED)
    assert hearer.heard() == [f"order-{number}" for number in range(4)]


def test_schedules_are_announced_each_time_whatever_else_was(
    hearer: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who fires them does not look again and again after a ring."""
    monkeypatch.setattr(announcing, "WINDOW", 60.0)
    for number in range(3):
        append(f"order-{number}", NOTED)
    for _ in range(2):
        event_store.announce(SCHEDULES)
    assert hearer.heard() == ["order-0", "order-1", "", SCHEDULES, SCHEDULES]


def test_delayed_message_is_not_announced(hearer: Ear) -> None:
    enqueue("work", {"n": 1}, delay=5)
    enqueue_many("work", [{"n": 1}], delay=5)
    assert hearer.heard() == []


def test_nothing_is_announced_before_the_commit(hearer: Ear) -> None:
    with transaction.atomic():
        append("order-1", NOTED)
        enqueue("work", {"n": 1})
        assert hearer.heard() == []
    assert hearer.heard() == ["order-1", "$work"]


def test_what_is_rolled_back_is_not_announced(hearer: Ear) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("order-1", NOTED)
        raise ZeroDivisionError
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            append("order-2", NOTED)
            raise ZeroDivisionError
        append("order-3", NOTED)
    assert hearer.heard() == ["order-3"]


def test_announcement_is_a_transaction_of_its_own(hearer: Ear) -> None:
    """A NOTIFY in the writer's would make all commits of the server take turns."""
    with transaction.atomic():
        append("order-1", NOTED)
        ((writer,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    ((after,),) = execute("SELECT pg_current_xact_id()::text::bigint")
    assert hearer.heard() == ["order-1"]
    # One between them announced it; others' draw from the same numbers.
    assert after >= writer + 2


def test_announcement_does_not_wait_for_the_disk() -> None:
    append("order-1", NOTED)
    assert execute("SHOW synchronous_commit") == [("on",)]
    text = relational.statement("notify")
    with transaction.atomic():
        execute(text, {"topic": "x"})
        assert execute("SHOW synchronous_commit") == [("off",)]
    assert execute("SHOW synchronous_commit") == [("on",)]


def test_queries_of_a_caller_are_counted_without_it(
    hearer: Ear, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]


def test_failed_announcement_is_nobodys_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = relational.statement

    def broken(name: str) -> str:
        return "SELECT 1 / 0" if name == "notify" else real(name)

    monkeypatch.setattr(relational, "statement", broken)
    monkeypatch.setattr(bound, "statement", broken)
    (event,) = append("order-1", NOTED)
    assert event.offset == 0
    with transaction.atomic():
        append("order-2", NOTED)
    assert execute("SELECT count(*) FROM eventstreaming_event") == [(2,)]
    assert caplog.records == []


def test_manual_transactions_announce_nothing_and_work(hearer: Ear) -> None:
    transaction.set_autocommit(False)
    try:
        append("order-1", NOTED)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert hearer.heard() == []


def test_transactions_begun_by_hand_announce_nothing_and_stay_durable(
    hearer: Ear,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        append("order-1", NOTED)
        enqueue("work", {"n": 1})
        assert execute("SHOW synchronous_commit") == [("on",)]
        cursor.execute("COMMIT")
    assert hearer.heard() == []
    append("order-1", NOTED)
    assert hearer.heard() == ["order-1"]


def test_option_turns_it_off(hearer: Ear, settings: object) -> None:
    options = {"default": {"OPTIONS": {"notify": False}}}
    settings.EVENT_STORES = options  # type: ignore[attr-defined]
    event_stores.forget()
    try:
        append("order-1", NOTED)
        enqueue("work", {"n": 1})
        assert hearer.heard() == []
    finally:
        event_stores.forget()


class InsideATestCase(TestCase):
    def test_hooks_that_a_test_runs_announce_nothing(self) -> None:
        with ear() as hearer:
            with self.captureOnCommitCallbacks(execute=True) as callbacks:
                append("order-1", NOTED)
            assert len(callbacks) == 1
            assert connection.in_atomic_block
            assert hearer.heard() == []
