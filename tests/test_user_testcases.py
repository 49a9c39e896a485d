"""
A project's own tests, with the app installed, in each of the usual kinds.

Every test writes the same stream and queue and finds them empty, so none sees
what another has written.
"""

from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import TestCase, TransactionTestCase

from eventstreaming import (
    NO_STREAM,
    StoredEvent,
    append,
    dequeue,
    enqueue,
    queue_info,
    read_all,
    read_category,
    read_stream,
)
from eventstreaming.models import Event, Message, Stream
from tests.testapp.models import Note


@dataclass(frozen=True)
class NoteWritten:
    text: str


def write_and_read_everything() -> None:
    """Use the store as a project would, from an empty one to an empty queue."""
    assert list(read_all()) == []
    first, second = append(
        "notes-1",
        [NoteWritten("one"), NoteWritten("two")],
        expected_version=NO_STREAM,
    )
    (other,) = append("notes-2", NoteWritten("other"))
    assert [event.offset for event in read_stream("notes-1")] == [0, 1]
    assert [event.payload for event in read_stream("notes-1", 1)] == [
        NoteWritten("two")
    ]
    assert list(read_all()) == [first, second, other]
    assert list(read_all(second.position)) == [second, other]
    assert list(read_category("notes", backwards=True)) == [other, second, first]

    message_id = enqueue("note-queue", {"text": "one"})
    enqueue("note-queue", NoteWritten("two"))
    message = dequeue("note-queue", 30)
    assert message is not None
    assert (message.message_id, message.data) == (message_id, {"text": "one"})
    message.acknowledge()
    message = dequeue("note-queue")
    assert message is not None
    with message.atomic():
        Note.objects.create(text=message.payload.text)
    assert dequeue("note-queue") is None
    assert queue_info("note-queue").depth == 0
    assert [note.text for note in Note.objects.all()] == ["two"]


def write_in_transactions() -> None:
    """Commit once and roll back once, with rows of the project's own."""
    with transaction.atomic():
        Note.objects.create(text="kept")
        append("notes-1", NoteWritten("kept"))
        enqueue("note-queue", NoteWritten("kept"))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Note.objects.create(text="lost")
        append("notes-1", NoteWritten("lost"))
        enqueue("note-queue", NoteWritten("lost"))
        raise ZeroDivisionError
    assert [note.text for note in Note.objects.all()] == ["kept"]
    assert [event.data["text"] for event in read_all()] == ["kept"]
    message = dequeue("note-queue")
    assert message is not None
    assert message.data == {"text": "kept"}
    assert dequeue("note-queue") is None


def tables_are_empty() -> bool:
    return not any(model.objects.exists() for model in (Stream, Event, Message, Note))


class PlainTestCaseTests(TestCase):
    """Each test is a transaction, which is rolled back."""

    events: list[StoredEvent]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.events = append("class-notes", NoteWritten("of the class"))

    def read_own(self) -> None:
        assert list(read_stream("class-notes")) == self.events

    def test_an_append_is_read_back(self) -> None:
        self.read_own()
        append("class-notes", NoteWritten("of the test"))
        assert [event.offset for event in read_all()] == [0, 1]

    def test_data_of_the_class_are_as_they_were(self) -> None:
        self.read_own()
        assert list(read_all()) == self.events


class EmptyTestCaseTests(TestCase):
    def test_everything(self) -> None:
        write_and_read_everything()

    def test_everything_again(self) -> None:
        write_and_read_everything()

    def test_transactions(self) -> None:
        write_in_transactions()

    def test_transactions_again(self) -> None:
        write_in_transactions()


class PlainTransactionTestCaseTests(TransactionTestCase):
    """Each test commits; the tables are emptied after it."""

    def test_everything(self) -> None:
        write_and_read_everything()

    def test_everything_again(self) -> None:
        assert tables_are_empty()
        write_and_read_everything()

    def test_transactions(self) -> None:
        write_in_transactions()

    def test_transactions_again(self) -> None:
        write_in_transactions()


class ResetSequencesTests(TransactionTestCase):
    """Positions begin anew, and the very first event is read."""

    reset_sequences = True

    def test_first_position_is_1(self) -> None:
        (event,) = append("notes", NoteWritten("first"))
        assert event.position == 1
        assert list(read_all()) == [event]

    def test_first_position_is_1_again(self) -> None:
        self.test_first_position_is_1()


@pytest.mark.django_db
def test_everything_with_db() -> None:
    write_and_read_everything()


@pytest.mark.django_db
def test_transactions_with_db() -> None:
    write_in_transactions()


@pytest.mark.django_db(transaction=True)
def test_everything_with_transactional_db() -> None:
    write_and_read_everything()


@pytest.mark.django_db(transaction=True)
def test_everything_with_transactional_db_again() -> None:
    assert tables_are_empty()
    write_and_read_everything()


def test_transactions_with_the_fixture(transactional_db: None) -> None:
    write_in_transactions()


def test_transactions_with_the_fixture_again(transactional_db: None) -> None:
    write_in_transactions()


def test_a_worker_runs_the_handlers_of_a_project(transactional_db: None) -> None:
    append("testapp.noted", NoteWritten("event"))
    enqueue("testapp.notes", NoteWritten("message"))
    call_command(
        "runworker", "testapp.notes", "testapp.notes-of-events", "--batch", verbosity=0
    )
    assert {note.text for note in Note.objects.all()} == {"event", "message"}
    assert queue_info("testapp.notes").depth == 0
