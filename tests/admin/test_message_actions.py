"""What operators do to messages: each action a right, a question, a log entry."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from eventstreaming import (
    dead_letters,
    dequeue,
    dequeue_many,
    enqueue,
    enqueue_many,
    queue_info,
)
from eventstreaming.backends.postgresql import lanes
from eventstreaming.exceptions import LeaseLost
from eventstreaming.models import Message
from tests.admin.conftest import Staff
from tests.admin.pages import visit
from tests.sessions import sessions

pytestmark = pytest.mark.django_db

YES = {"confirmed": "yes"}
LIST = "admin:eventstreaming_message_changelist"


def act(client: Client, action: str, *ids: str, **more: str) -> str:
    response = client.post(
        reverse(LIST),
        {"action": action, "_selected_action": ids, **more},
        follow=True,
    )
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_delayed_message_runs_now(staff: Staff) -> None:
    client = staff("view_message", "run_message")
    late = enqueue("jobs", {"n": 1}, delay=3600)
    ready = enqueue("jobs", {"n": 2})
    page = act(client, "run_selected", late, ready)
    assert "Deliver 2 messages now" in page
    assert queue_info("jobs").delayed == 1
    page = act(client, "run_selected", late, ready, confirmed="yes")
    assert "Done for 1 message." in page
    assert "1 was passed over" in page
    assert {message.message_id for message in dequeue_many("jobs", 5)} == {late, ready}
    (entry,) = LogEntry.objects.all()
    assert (entry.object_id, entry.get_change_message()) == (late, "Due now.")


def test_a_released_message_goes_to_another_and_the_former_answer_is_refused(
    staff: Staff,
) -> None:
    client = staff("view_message", "release_message")
    enqueue("jobs", {"n": 1})
    first = dequeue("jobs", 600)
    assert first is not None
    assert dequeue("jobs") is None
    act(client, "release_selected", first.message_id, confirmed="yes")
    second = dequeue("jobs")
    assert second is not None
    assert (second.deliveries, second.attempts) == (2, 0)
    with pytest.raises(LeaseLost):
        first.acknowledge()
    second.acknowledge()


def test_a_cancelled_message_is_a_dead_letter_or_asked_to_end(staff: Staff) -> None:
    client = staff("view_message", "cancel_message")
    running, waiting = enqueue("jobs", {"n": 1}), enqueue("jobs", {"n": 2})
    held = dequeue("jobs", 600)
    assert held is not None
    page = act(client, "cancel_selected", running, waiting, confirmed="yes")
    assert "Done for 2 messages." in page
    assert [letter.message_id for letter in dead_letters("jobs")] == [waiting]
    assert Message.objects.get(pk=running).cancel_requested
    assert "asked to end" in visit(client, "message/").text
    act(staff("view_message", "release_message"), "release_selected", running, **YES)
    assert "a dead letter at its next delivery" in visit(client, "message/").text


@pytest.mark.django_db(transaction=True)
def test_a_priority_is_asked_for_and_a_claim_goes_by_it_at_once(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "RESTART_EVERY", 3600)  # nobody looks by himself
    client = staff("view_message", "prioritize_message")
    *_, last = enqueue_many("jobs", [{"n": number} for number in range(6)])
    assert len(dequeue_many("jobs", 3)) == 3
    enqueue("jobs", {"n": 6}, priority=5)
    urgent = dequeue("jobs")
    assert urgent is not None  # claims of this priority go on behind its id
    grouped = enqueue("jobs", {"n": 7}, group_key="g")
    asked = (last, urgent.message_id, grouped)
    page = act(client, "prioritize_selected", *asked)
    assert "Which priority are 3 messages to have?" in page
    page = act(client, "prioritize_selected", *asked, confirmed="yes", priority="x")
    assert "Enter a whole number." in page
    page = act(client, "prioritize_selected", *asked, confirmed="yes", priority="40000")
    assert "less than or equal to 32767" in page
    page = act(client, "prioritize_selected", *asked, confirmed="yes", priority="5")
    assert "Done for 1 message." in page
    assert "2 were passed over" in page
    following = dequeue("jobs")
    assert following is not None
    assert (following.message_id, following.priority) == (last, 5)
    (entry,) = LogEntry.objects.all()
    assert (entry.object_id, entry.get_change_message()) == (last, "Priority 5.")


def test_a_priority_of_a_message_in_flight_counts_for_its_next_delivery(
    staff: Staff,
) -> None:
    client = staff("view_message", "prioritize_message")
    enqueue("jobs", {"n": 1})
    held = dequeue("jobs", 600)
    assert held is not None
    act(client, "prioritize_selected", held.message_id, confirmed="yes", priority="-7")
    held.nack(delay=0)
    again = dequeue("jobs")
    assert again is not None
    assert again.priority == -7
    again.acknowledge()


@pytest.mark.parametrize(
    ("right", "action", "text"),
    [
        ("bury", "bury_selected", "a dead letter now?"),
        ("remove", "delete_selected_messages", "for good?"),
    ],
)
def test_a_message_is_taken_from_its_handler(
    staff: Staff, right: str, action: str, text: str
) -> None:
    client = staff("view_message", f"{right}_message")
    first, second = (enqueue("jobs", {"n": n}, group_key="g") for n in (1, 2))
    held = dequeue("jobs", 600)
    assert held is not None
    assert text in act(client, action, first)
    page = act(client, action, first, confirmed="yes")
    assert "Done for 1 message." in page
    with pytest.raises(LeaseLost) as caught:
        held.acknowledge()
    assert caught.value.reason == "gone"
    buried = [(letter.message_id, letter.reason) for letter in dead_letters("jobs")]
    assert buried == ([(first, "cancelled")] if right == "bury" else [])
    following = dequeue("jobs")  # of the same group
    assert following is not None
    assert following.message_id == second
    assert "1 is not there any more" in act(client, action, first, confirmed="yes")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "action", ["bury_selected", "delete_selected_messages", "release_selected"]
)
def test_what_is_about_to_commit_is_passed_over(staff: Staff, action: str) -> None:
    names = ("bury_message", "remove_message", "release_message")
    client = staff("view_message", *names)
    enqueue("jobs", {"n": 1})
    held = dequeue("jobs", 600)
    assert held is not None
    with sessions(1) as (somebody,):
        somebody.begin()
        somebody.execute("SELECT id FROM eventstreaming_message FOR UPDATE")
        page = act(client, action, held.message_id, confirmed="yes")
        somebody.rollback()
    assert "1 was passed over" in page
    held.acknowledge()


RIGHTS = {
    "run": "run_selected",
    "release": "release_selected",
    "prioritize": "prioritize_selected",
    "cancel": "cancel_selected",
    "bury": "bury_selected",
    "remove": "delete_selected_messages",
}


@pytest.mark.parametrize("right", RIGHTS)
def test_each_action_is_a_right_of_its_own(staff: Staff, right: str) -> None:
    client = staff("view_message", f"{right}_message")
    message = enqueue("jobs", {"n": 1}, delay=3600)
    page = client.get(reverse(LIST)).content.decode()
    for other, action in RIGHTS.items():
        assert (f'value="{action}"' in page) == (other == right)
        if other != right:
            act(client, action, message, confirmed="yes", priority="1")
    assert queue_info("jobs").delayed == 1
    assert LogEntry.objects.count() == 0
