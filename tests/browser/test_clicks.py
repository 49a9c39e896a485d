"""What people do on the pages, by clicking and typing; test_deeds.py has each action."""

import pytest
from django.contrib.auth.models import User

from eventstreaming import dequeue
from eventstreaming.models import Event, Message
from tests.browser.contents import LONG
from tests.browser.person import Person

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = "/admin/eventstreaming/"


def test_login_leads_to_the_page_that_was_asked_for(stranger: Person) -> None:
    User.objects.create_superuser("ada", password="correct horse")
    stranger.open(f"{ROOT}stream/")
    for password in ("wrong horse", "correct horse"):
        stranger.type("#id_username", "ada")
        stranger.type("#id_password", password)
        stranger.click("[type=submit]")
    assert "order-1" in stranger.column("name")


def test_events_are_searched_and_filtered(viewer: Person) -> None:
    viewer.open(f"{ROOT}event/")
    assert len(viewer.column("place")) == Event.objects.count()
    viewer.follow("OrderPlaced")
    assert viewer.column("event_type") == ["OrderPlaced"] * 3
    viewer.type("#searchbar", "order-1")
    viewer.click("#changelist-search [type=submit]")
    assert viewer.column("place") == ["order-1@0"]
    viewer.type("#searchbar", "no-such-stream")
    viewer.click("#changelist-search [type=submit]")
    (empty,) = viewer.texts(".es-empty")
    assert empty.startswith("No event matches the filters and the search.")
    assert viewer.complaints() == []


def test_an_event_leads_to_its_neighbours_and_its_story(viewer: Person) -> None:
    viewer.open(f"{ROOT}event/?stream=order-1")
    viewer.click(".field-position a")
    viewer.follow("OrderPlaced order-1@0")
    assert viewer.texts(".field-offset .readonly") == ["0"]
    viewer.click(".field-correlation a")
    assert len(viewer.column("place")) == 6


def test_pages_of_messages(viewer: Person) -> None:
    viewer.open(f"{ROOT}message/?queue={LONG}")
    newest = viewer.column("id")
    viewer.follow("Next")
    rest = viewer.column("id")
    assert (len(newest), len(rest)) == (100, 18)
    assert viewer.complaints() == []
    viewer.follow("Previous")
    assert viewer.column("id") == newest
    viewer.follow("Last")
    assert viewer.column("id")[-18:] == rest
    viewer.follow("delayed")
    assert viewer.column("attempts") == ["1", "1"]


def test_all_that_match_get_another_priority(superuser: Person) -> None:
    ready = Message.objects.filter(queue="mail", state=Message.State.READY)
    assert ready.count() == 2
    assert ready.filter(group_key=None).count() == 1
    superuser.open(f"{ROOT}message/?queue=mail")
    superuser.find("[name=select_across]").click()
    superuser.choose("prioritize_selected")
    (question,) = superuser.texts("#content > p")
    assert question.startswith("Which priority are 2 messages to have?")
    assert superuser.complaints() == []
    superuser.type("#content [name=priority]", "7")
    superuser.click("#content [type=submit]")
    assert superuser.texts(".messagelist .success") == ["Done for 1 message."]
    assert superuser.texts(".messagelist .warning")[0].startswith("1 was passed over")
    assert ready.get(group_key=None).rank == -7


def test_a_queue_is_paused_and_goes_on(superuser: Person) -> None:
    superuser.open(f"{ROOT}queue/")
    superuser.follow("Show")
    superuser.find("#id_paused").click()
    superuser.click("[name=_save]")
    assert superuser.column("delivery")[0].startswith("paused since ")
    assert superuser.complaints() == []
    assert dequeue("mail") is None
    superuser.follow("Show")
    superuser.find("#id_paused").click()
    superuser.click("[name=_save]")
    assert superuser.column("delivery") == ["on", "on"]
    assert dequeue("mail") is not None


def test_a_refused_setting_is_named_beside_its_field(superuser: Person) -> None:
    superuser.open(f"{ROOT}queue/")
    superuser.follow("Set")
    superuser.type("#id_backoff", "soon")
    superuser.click("[name=_save]")
    (error,) = superuser.texts(".field-backoff .errorlist")
    assert error == "Enter numbers with commas between them: 1, 5, 30"
    assert superuser.complaints() == []


def test_a_saga_is_cancelled_after_a_question(superuser: Person) -> None:
    superuser.open(f"{ROOT}saga/")
    superuser.follow("waiting")
    superuser.find("#action-toggle").click()
    superuser.choose("cancel_selected")
    (question,) = superuser.texts("#content > p")
    assert question.startswith("Undo the completed steps of 1 saga?")
    assert superuser.complaints() == []
    superuser.click("#content [type=submit]")
    (passed_over,) = superuser.texts(".messagelist .warning")
    assert passed_over.startswith("1 was passed over")  # nothing declares it here
    assert superuser.complaints() == []
