"""Payloads are a right of their own, and no page forgets to ask for it."""

from collections import defaultdict

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings

from eventstreaming.models import (
    DeadLetter,
    Message,
    ParkedEvent,
    Saga,
    Schedule,
    Stream,
)
from tests.admin.every_page import every_page
from tests.admin.pages import ROOT, post, visit
from tests.secret_payloads import HIDE, IN_DATA, IN_NOTES, SECRET, plant

pytestmark = pytest.mark.django_db

MISSING = "you lack the permission eventstreaming.view_payload"

# These show a payload, of an object or of all of them. The others never do.
WITH_PAYLOAD = {
    "deadletter_changelist",  # the line of the error
    "deadletter_change",
    "deadletter_redrive",
    "event_change",
    "event_export",
    "event_raw",
    "message_change",
    "parkedevent_changelist",
    "parkedevent_change",
    "saga_changelist",
    "saga_change",
    "schedule_change",
    "subscription_changelist",
    "subscription_change",
    "taskresult_changelist",
    "taskresult_change",
}

WITH_NOTES = {  # metadata or headers
    "deadletter_change",
    "deadletter_redrive",
    "event_change",
    "event_export",
    "event_raw",
    "message_change",
}


@pytest.fixture
def secrets() -> None:
    plant()


def shown(client: Client, *secrets: str) -> dict[str, str]:
    """Walk through all pages; return those that show one of the secrets."""
    found = {}
    asked = {"eventstreaming_event_timeline": {"correlation": "story"}}
    answers: defaultdict[int, list[str]] = defaultdict(list)
    for page in every_page(asked, objects=2):
        response = client.get(page.url)
        answers[response.status_code].append(page.name)
        text = response.getvalue().decode()
        if any(secret in text for secret in secrets):
            found[page.name] = page.url
    assert len(answers[200]) > 25, answers
    assert set(answers) <= {200, 302, 403}
    return found


def user_with(*, but: str) -> Client:
    """Return somebody who may do everything but one thing, and is no superuser."""
    user = User.objects.create_user("operator", is_staff=True)
    rights = Permission.objects.filter(content_type__app_label="eventstreaming")
    user.user_permissions.set(rights.exclude(codename=but))
    client = Client()
    client.force_login(user)
    return client


def test_the_right_to_payloads_is_asked_on_every_page(
    admin_client: Client, secrets: None
) -> None:
    assert set(shown(admin_client, SECRET)) == WITH_PAYLOAD
    operator = user_with(but="view_payload")
    assert shown(operator, SECRET, IN_DATA, IN_NOTES) == {}
    event = Stream.objects.get(name="order-1").events.first()
    for path in (
        f"event/{event.pk}/change/",
        f"message/{Message.objects.first().pk}/change/",
        f"deadletter/{DeadLetter.objects.get().pk}/change/",
        f"parkedevent/{ParkedEvent.objects.get().pk}/change/",
        f"saga/{Saga.objects.get().pk}/change/",
        f"taskresult/{10**9}/change/",
        f"schedule/{Schedule.objects.get().pk}/change/",
    ):
        page = visit(operator, path)
        assert page.status == 200
        assert MISSING in page.text, path
        assert MISSING not in visit(admin_client, path).text


def test_the_redaction_is_asked_on_every_page(
    admin_client: Client, secrets: None
) -> None:
    assert set(shown(admin_client, IN_NOTES)) == WITH_NOTES
    with override_settings(EVENT_STREAM_REDACTION=HIDE):
        assert shown(admin_client, IN_DATA, IN_NOTES) == {}
        event = Stream.objects.get(name="order-1").events.first()
        page = visit(admin_client, f"event/{event.pk}/change/")
        assert "data of order-1 OrderPaid" in page.text
        assert "metadata of order-1 OrderPaid" in page.text


def test_who_sees_no_payload_cannot_write_one(
    admin_client: Client, secrets: None
) -> None:
    """The forms are full of the data that would be hidden."""
    operator = user_with(but="view_payload")
    letter, row = DeadLetter.objects.get(), ParkedEvent.objects.get()
    redrive, parked = (
        f"deadletter/{letter.pk}/redrive/",
        f"parkedevent/{row.pk}/change/",
    )
    schedule = f"schedule/{Schedule.objects.get().pk}/change/"
    assert "Edit and redrive" in visit(admin_client, redrive).text
    letter_page = f"deadletter/{letter.pk}/change/"
    assert "Edit and redrive" in visit(admin_client, letter_page).text
    assert "Edit and redrive" not in visit(operator, letter_page).text
    for path in (redrive, parked, schedule):
        response = operator.post(f"{ROOT}{path}", {"edited_data": "{}"})
        assert response.status_code == 403, path
    row.refresh_from_db()
    assert row.edited_data["card"] == SECRET


def test_a_parked_event_shows_its_data_beside_what_was_edited(
    admin_client: Client, secrets: None
) -> None:
    row = ParkedEvent.objects.get()
    ParkedEvent.objects.update(edited_data={"card": "none"})
    path = f"parkedevent/{row.pk}/change/"
    page = visit(admin_client, path)
    assert "Data of the event:" in page.text
    assert (SECRET in page.text, "none" in page.text) == (True, True)
    assert SECRET not in visit(user_with(but="view_payload"), path).html
    ParkedEvent.objects.update(position=10**9)
    assert "The event was removed." in visit(admin_client, path).text


def test_what_is_partly_hidden_is_sent_back_as_it_is(
    admin_client: Client, secrets: None
) -> None:
    letter = DeadLetter.objects.get()
    path = f"deadletter/{letter.pk}/redrive/"
    with override_settings(EVENT_STREAM_REDACTION=HIDE):
        page = visit(admin_client, path)
        assert page.text.count("Parts are hidden") == 2
        post(admin_client, path, message='{"forged": 1}', headers="{}")
        parked = f"parkedevent/{ParkedEvent.objects.get().pk}/change/"
        assert admin_client.post(f"{ROOT}{parked}", {}).status_code == 403
    message = Message.objects.get(pk=letter.pk)
    assert (message.data["card"], message.headers["card"]) == (SECRET, SECRET)
