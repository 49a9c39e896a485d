"""What operators do to messages: each action a right, a question, a log entry."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from eventstreaming import dead_letters, dequeue, dequeue_many, enqueue, queue_info
from eventstreaming.exceptions import LeaseLost
from eventstreaming.models import Message
from tests.admin.conftest import Staff

pytestmark = pytest.mark.django_db

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


@pytest.mark.parametrize("right", ["run", "release", "cancel"])
def test_each_action_is_a_right_of_its_own(staff: Staff, right: str) -> None:
    client = staff("view_message", f"{right}_message")
    message = enqueue("jobs", {"n": 1}, delay=3600)
    page = client.get(reverse(LIST)).content.decode()
    for other in ("run", "release", "cancel"):
        assert (f'value="{other}_selected"' in page) == (other == right)
        if other != right:
            act(client, f"{other}_selected", message, confirmed="yes")
    assert queue_info("jobs").delayed == 1
    assert LogEntry.objects.count() == 0
