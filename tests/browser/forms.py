"""What each form of the admin is to do, for a person who fills all of them in."""

from collections.abc import Callable

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry

from eventstreaming import queue_settings, stream_settings
from eventstreaming.models import (
    DeadLetter,
    Message,
    ParkedEvent,
    Queue,
    Schedule,
    StreamConfiguration,
)
from tests.admin.deeds import dead, parked
from tests.browser.person import Person

ROOT = "/admin/eventstreaming/"
SAVE = "[name=_save]"
NAME = "act-forms"

Fill = Callable[[Person], None]


def settings_of_a_queue_are_added(person: Person) -> None:
    person.open(f"{ROOT}queue/add/")
    person.type("#id_name", NAME)
    person.type("#id_backoff", "1, 5")
    person.click(SAVE)
    assert queue_settings(NAME).backoff == (1, 5)
    assert_logged("queue", NAME, ADDITION)


def a_queue_is_paused(person: Person) -> None:
    person.open(f"{ROOT}queue/{NAME}/change/")
    person.find("#id_paused").click()
    person.click(SAVE)
    assert queue_settings(NAME).paused
    assert_logged("queue", NAME, CHANGE)


def settings_of_a_queue_are_deleted(person: Person) -> None:
    person.open(f"{ROOT}queue/{NAME}/change/")
    delete(person)
    assert not Queue.objects.filter(pk=NAME).exists()
    assert_logged("queue", NAME, DELETION)


def a_schedule_is_added(person: Person) -> None:
    person.open(f"{ROOT}schedule/add/")
    person.type("#id_name", NAME)
    person.find("#id_queue option[value='testapp.notes']").click()
    person.type("#id_data", '{"text": "daily"}')
    person.type("#id_every", "3600")
    person.click(SAVE)
    errors = person.texts(".errorlist, .errornote")
    assert errors == [], errors
    row = Schedule.objects.get(name=NAME)
    assert (row.data, row.next_at is None) == ({"text": "daily"}, False)
    assert_logged("schedule", row.pk, ADDITION)


def a_schedule_is_changed(person: Person) -> None:
    row = Schedule.objects.get(name=NAME)
    person.open(f"{ROOT}schedule/{row.pk}/change/")
    person.type("#id_every", "60")
    person.click(SAVE)
    assert Schedule.objects.get(pk=row.pk).next_at != row.next_at
    assert_logged("schedule", row.pk, CHANGE)


def a_schedule_is_deleted(person: Person) -> None:
    row = Schedule.objects.get(name=NAME)
    person.open(f"{ROOT}schedule/{row.pk}/change/")
    delete(person)
    assert not Schedule.objects.filter(pk=row.pk).exists()
    assert_logged("schedule", row.pk, DELETION)


def a_stream_is_configured(person: Person) -> None:
    person.open(f"{ROOT}streamconfiguration/add/")
    person.type("#id_pattern", NAME)
    person.type("#id_max_count", "10")
    person.click(SAVE)
    assert stream_settings(NAME).max_count == 10
    row = StreamConfiguration.objects.get(pattern=NAME)
    assert_logged("streamconfiguration", row.pk, ADDITION)


def a_configuration_is_changed(person: Person) -> None:
    row = StreamConfiguration.objects.get(pattern=NAME)
    person.open(f"{ROOT}streamconfiguration/{row.pk}/change/")
    person.type("#id_max_count", "20")
    person.click(SAVE)
    assert stream_settings(NAME).max_count == 20
    assert_logged("streamconfiguration", row.pk, CHANGE)


def a_configuration_is_deleted(person: Person) -> None:
    row = StreamConfiguration.objects.get(pattern=NAME)
    person.open(f"{ROOT}streamconfiguration/{row.pk}/change/")
    delete(person)
    assert not StreamConfiguration.objects.filter(pk=row.pk).exists()
    assert_logged("streamconfiguration", row.pk, DELETION)


def a_parked_event_is_edited(person: Person) -> None:
    key = parked()[0]
    person.open(f"{ROOT}parkedevent/{key}/change/")
    person.type("#id_edited_data", '{"total": 13}')
    person.click(SAVE)
    assert ParkedEvent.objects.get(pk=key).edited_data == {"total": 13}
    assert_logged("parkedevent", key, CHANGE)


def a_dead_letter_is_edited_and_sent_back(person: Person) -> None:
    key = dead()[0]
    person.open(f"{ROOT}deadletter/{key}/change/")
    person.click(".object-tools a[href*=redrive]")
    person.type("#id_message", '{"to": "ada"}')
    person.type("#id_headers", '{"by": "hand"}')
    person.click("#content [type=submit]")
    message = Message.objects.get(pk=key)
    assert (message.data, message.headers) == ({"to": "ada"}, {"by": "hand"})
    assert not DeadLetter.objects.filter(pk=key).exists()
    assert_logged("deadletter", key, CHANGE)


def delete(person: Person) -> None:
    """Click what leads to the question, and answer it."""
    person.click(".deletelink")
    assert NAME in " ".join(person.texts("#content p"))
    person.click("#content [type=submit]")


def assert_logged(model: str, key: object, flag: int) -> None:
    entries = LogEntry.objects.filter(content_type__model=model, object_id=str(key))
    assert entries.filter(action_flag=flag).count() == 1, (model, key)


# In this order: what is added is changed, and deleted.
FORMS: dict[str, Fill] = {
    "queue_add": settings_of_a_queue_are_added,
    "queue_change": a_queue_is_paused,
    "queue_delete": settings_of_a_queue_are_deleted,
    "schedule_add": a_schedule_is_added,
    "schedule_change": a_schedule_is_changed,
    "schedule_delete": a_schedule_is_deleted,
    "streamconfiguration_add": a_stream_is_configured,
    "streamconfiguration_change": a_configuration_is_changed,
    "streamconfiguration_delete": a_configuration_is_deleted,
    "parkedevent_change": a_parked_event_is_edited,
    "deadletter_redrive": a_dead_letter_is_edited_and_sent_back,
}
