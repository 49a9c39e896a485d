"""run_until_idle(): handlers run in the transaction of a test."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.test import TestCase, override_settings

from eventstreaming import (
    EventData,
    Message,
    StoredEvent,
    append,
    configure_queue,
    dead_letters,
    dequeue,
    enqueue,
    queue_handler,
    queue_info,
    subscription,
)
from eventstreaming.exceptions import InvalidValue, NeverIdle
from eventstreaming.processing import registry
from eventstreaming.processing.registry import Handlers
from eventstreaming.testing import (
    arun_until_idle,
    memory_stores,
    pass_time,
    run_until_idle,
)
from tests.testapp.models import Note


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    own = Handlers()
    monkeypatch.setattr(registry, "handlers", own)
    return own


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Name the store's database; the test runs in a transaction of each."""
    alias = "default" if request.param == "postgresql" else "sqlite"
    with override_settings(EVENT_STORES={"default": {"OPTIONS": {"database": alias}}}):
        yield alias


both_databases = pytest.mark.django_db(databases=["default", "sqlite"])


def write(text: str) -> None:
    Note.objects.create(text=text)


def notes() -> list[str]:
    return [note.text for note in Note.objects.order_by("pk")]


@both_databases
def test_all_that_follows_is_run_in_the_transaction_of_the_test(
    handlers: Handlers, database: str
) -> None:
    @queue_handler("mail")
    def send(message: Message) -> None:
        with message.atomic():
            write(f"mail {message.data['n']}")
            append("sent-1", EventData("Sent", {"n": message.data["n"]}))

    @queue_handler("archive", visibility_timeout=1)
    async def archive(message: Message) -> None:
        await Note.objects.acreate(text=f"archive {message.data['n']}")
        await sync_to_async(transaction.on_commit)(lambda: write("after archive"))

    @subscription("sent-*", name="followers")
    async def follow(event: StoredEvent) -> None:
        await Note.objects.acreate(text=f"event {event.data['n']}")
        await sync_to_async(enqueue)("archive", {"n": event.data["n"]})

    enqueue("mail", {"n": 1}, group_key="ada")
    enqueue("mail", {"n": 2}, group_key="ada")
    enqueue("mail", {"n": 3}, delay=60)
    runs = run_until_idle(registry=handlers)
    assert [(run.name, run.given.data["n"]) for run in runs] == [
        ("mail", 1),
        ("mail", 2),
        ("followers", 1),
        ("followers", 2),
        ("archive", 1),
        ("archive", 2),
    ]
    assert notes() == [
        "mail 1",
        "mail 2",
        "event 1",
        "event 2",
        "archive 1",
        "after archive",
        "archive 2",
        "after archive",
    ]
    assert queue_info("mail").depth == queue_info("mail").delayed == 1
    assert queue_info("archive").depth == 0
    assert run_until_idle(registry=handlers) == []


@both_databases
def test_an_error_is_raised_when_the_message_is_put_back(
    handlers: Handlers, database: str
) -> None:
    @queue_handler("mail", max_attempts=3, backoff=0)
    def send(message: Message) -> None:
        transaction.on_commit(lambda: write("never"))
        write(f"attempt {message.attempts}")
        raise ZeroDivisionError(message.message_id)

    message_id = enqueue("mail", {})
    with pytest.raises(ZeroDivisionError, match=message_id):
        run_until_idle(registry=handlers)
    runs = run_until_idle(errors="collect", registry=handlers)
    assert [type(run.error) for run in runs] == [ZeroDivisionError] * 2
    assert notes() == ["attempt 0", "attempt 1", "attempt 2"]
    (letter,) = dead_letters("mail")
    assert letter.reason == "max_attempts"


@both_databases
def test_a_database_error_of_a_handler_spoils_only_its_own_writes(
    handlers: Handlers, database: str
) -> None:
    rows = Note.objects.using(database)

    @queue_handler("mail", max_attempts=1)
    def send(message: Message) -> None:
        first = rows.create(text="half done")
        rows.create(pk=first.pk, text="twice")

    @subscription("log", name="reader", max_attempts=1)
    def read(event: StoredEvent) -> None:
        rows.create(text="rolled back")
        raise IntegrityError("as if")

    rows.create(text="before")
    enqueue("mail", {})
    append("log", EventData("Logged", {}))
    runs = run_until_idle(errors="collect", registry=handlers)
    assert [(run.name, type(run.error)) for run in runs] == [
        ("mail", IntegrityError),
        ("reader", IntegrityError),
    ]
    assert [note.text for note in rows.all()] == ["before"]
    assert run_until_idle(registry=handlers) == []  # it is stopped


@pytest.mark.django_db
def test_a_handler_that_never_ends_is_found(handlers: Handlers) -> None:
    @queue_handler("echo")
    def echo(message: Message) -> None:
        enqueue("echo", message.data)

    enqueue("echo", {})
    with pytest.raises(NeverIdle, match=r"after 7 calls.* of echo") as caught:
        run_until_idle(limit=7, registry=handlers)
    assert (caught.value.limit, caught.value.names) == (7, ["echo"] * 7)


@pytest.mark.django_db
def test_names_choose_and_unknown_ones_are_refused(handlers: Handlers) -> None:
    queue_handler("one")(lambda message: write("one"))
    queue_handler("two")(lambda message: write("two"))
    enqueue("one", {})
    enqueue("two", {})
    assert [run.name for run in run_until_idle("two", registry=handlers)] == ["two"]
    with pytest.raises(InvalidValue, match="'three'; known are one, two"):
        run_until_idle("three", registry=handlers)
    with pytest.raises(InvalidValue, match="errors"):
        run_until_idle(errors="ignore", registry=handlers)  # type: ignore[arg-type]
    configure_queue("one", paused=True)
    assert run_until_idle(registry=handlers) == []


@pytest.mark.django_db
def test_a_test_that_fails_inside_a_handler_fails(handlers: Handlers) -> None:
    @queue_handler("mail")
    def send(message: Message) -> None:
        pytest.fail("not sent")

    enqueue("mail", {})
    with pytest.raises(BaseException, match="not sent"):
        run_until_idle(errors="collect", registry=handlers)


@memory_stores()
def test_it_needs_no_database(handlers: Handlers) -> None:
    seen: list[str] = []

    def read(event: StoredEvent) -> None:
        if event.offset == 1 and seen.count("event 1") == 0:
            seen.append("event 1")
            raise ZeroDivisionError
        seen.append(f"event {event.offset}")
        enqueue("mail", {"n": event.offset}, delay=60)

    queue_handler("mail")(lambda message: seen.append(f"mail {message.data['n']}"))
    subscription("log", name="reader", event_types=["Logged"])(read)
    append("log", [EventData("Logged", {}), EventData("Logged", {})])
    append("log", EventData("Other", {}))
    runs = run_until_idle(errors="collect", registry=handlers)
    assert [type(run.error) for run in runs] == [type(None), ZeroDivisionError]
    run_until_idle(ahead=59, registry=handlers)
    assert seen == ["event 0", "event 1", "event 1"]
    run_until_idle(ahead=60, registry=handlers)
    assert seen[3:] == ["mail 0", "mail 1"]
    assert run_until_idle(registry=handlers) == []


@both_databases
def test_time_passes_as_far_as_it_is_told_to(handlers: Handlers, database: str) -> None:
    @queue_handler("chain", max_attempts=2, backoff=100)
    def chain(message: Message) -> None:
        number = message.data["n"]
        if number == 2 and message.attempts == 0:
            raise ZeroDivisionError
        enqueue("chain", {"n": number + 1}, delay=1_000)

    tried: list[int] = []

    @subscription("log", name="reader", backoff=500)
    def read(event: StoredEvent) -> None:
        tried.append(event.offset)
        if len(tried) == 1:
            raise ZeroDivisionError

    def ran(ahead: float) -> list[object]:
        runs = run_until_idle(errors="collect", ahead=ahead, registry=handlers)
        return [run.given.data.get("n") for run in runs]

    enqueue("chain", {"n": 0}, delay=1_000)
    assert ran(ahead=999) == []
    assert ran(ahead=1_000) == [0]
    assert ran(ahead=2_000) == [1, 2]
    assert ran(ahead=100) == [2]
    append("log", EventData("Logged", {"n": "event"}))
    assert ran(ahead=499) == ["event"]
    assert ran(ahead=500) == ["event"]


@both_databases
def test_leases_and_expiries_end_as_time_passes(database: str) -> None:
    enqueue("mail", {"n": 1}, expires_in=60, idempotency_key="a")
    first = dequeue("mail", 30)
    assert first is not None
    assert dequeue("mail") is None
    pass_time(31)
    again = dequeue("mail", 10)
    assert again is not None
    assert again.message_id == first.message_id
    pass_time(timedelta(seconds=30))
    assert dequeue("mail") is None
    assert queue_info("mail").depth == 0


def look_at_an_ageing_dead_letter() -> None:
    enqueue("mail", {"n": 1})
    message = dequeue("mail")
    assert message is not None
    message.nack(dead_letter=True)
    (before,) = dead_letters("mail", newer_than=60)
    pass_time(61)
    assert list(dead_letters("mail", newer_than=60)) == []
    (letter,) = dead_letters("mail", older_than=60)
    minute = timedelta(seconds=61)
    assert before.died_at - letter.died_at == minute
    assert before.enqueued_at - letter.enqueued_at == minute


@both_databases
def test_dead_letters_grow_old_as_time_passes(database: str) -> None:
    look_at_an_ageing_dead_letter()


@memory_stores()
def test_dead_letters_in_memory_grow_old_as_time_passes() -> None:
    look_at_an_ageing_dead_letter()


class OwnTestCaseTests(TestCase):
    """A project's own, with the handlers of its `subscriptions.py`."""

    def test_on_commit_is_called_once(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            transaction.on_commit(lambda: write("of the test"))
            enqueue("testapp.notes", {"text": "of the handler"})
            (run,) = run_until_idle("testapp.notes")
        assert run.given.data == {"text": "of the handler"}
        assert notes() == ["of the handler", "of the test"]

    async def test_in_an_async_test(self) -> None:
        await sync_to_async(enqueue)("testapp.notes", {"text": "async"})
        runs = await arun_until_idle()
        assert [run.name for run in runs] == ["testapp.notes"]
        assert await sync_to_async(notes)() == ["async"]
