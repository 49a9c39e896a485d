"""Handlers of a project, found by their module's name."""

from eventstreaming import Message, StoredEvent, queue_handler, subscription
from tests.testapp.models import Note


@queue_handler("testapp.notes")
def keep_note(message: Message) -> None:
    with message.atomic():
        Note.objects.create(text=message.data["text"])


@subscription("testapp.noted", name="testapp.notes-of-events")
def keep_event(event: StoredEvent) -> None:
    Note.objects.create(text=event.data["text"])
