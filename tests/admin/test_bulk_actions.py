"""Actions on all that a filter finds: counted, asked, done in batches, logged once."""

import re
from typing import Any
from unittest import mock

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, dead_letters, dequeue, enqueue_many, queue_info
from eventstreaming.admin import MessageAdmin, chosen
from eventstreaming.models import DeadLetter, Message
from tests.admin.conftest import Staff
from tests.admin.pages import Page, post, visit

pytestmark = pytest.mark.django_db

RUN, REDRIVE = "run_selected", "redrive_selected"


def hidden(page: Page) -> dict[str, str]:
    """Return what the question sends back when it is answered with yes."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.html))


def ask_for_all(client: Client, path: str, action: str) -> Page:
    return post(client, path, action=action, select_across="on", index="0")


def answer(client: Client, path: str, page: Page, **more: Any) -> Page:
    return post(client, path, **hidden(page) | more)


def bury(queue: str, count: int, error: str) -> None:
    enqueue_many(queue, [EventData("Mail", {})] * count)
    for _ in range(count):
        message = dequeue(queue)
        assert message is not None
        message.nack(dead_letter=True, error=error)


def test_all_that_the_filter_finds_and_nothing_else(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "BATCH", 50)
    enqueue_many("mail", [{}] * 120, delay=600)
    enqueue_many("sms", [{}] * 3, delay=600)
    path = "message/?queue=mail&state=delayed"
    assert 'name="select_across"' in visit(admin_client, "message/").html
    page = ask_for_all(admin_client, path, RUN)
    assert "Deliver 120 messages now, though they are to wait?" in page.text
    enqueue_many("mail", [{}] * 2, delay=600)
    with CaptureQueriesContext(connection) as queries:
        page = answer(admin_client, path, page)
    assert "Done for 120 messages." in page.text
    assert (queue_info("mail").delayed, queue_info("sms").delayed) == (2, 3)
    blocks = [q for q in queries if q["sql"].startswith("SAVEPOINT")]
    assert len(blocks) >= 3
    (entry,) = LogEntry.objects.all()
    assert entry.get_change_message() == "Due now. 120 of 120."
    assert entry.object_repr == "messages: ?queue=mail&state=delayed"


def test_filters_that_no_index_serves_count_too(admin_client: Client) -> None:
    bury("mail", 3, "no such address")
    DeadLetter.objects.filter(pk=DeadLetter.objects.earliest("pk").pk).update(
        reason="cancelled"
    )
    path = "deadletter/?reason=rejected"
    page = ask_for_all(admin_client, path, REDRIVE)
    assert "Send 2 dead letters back" in page.text
    answer(admin_client, path, page)
    assert [letter.reason for letter in dead_letters()] == ["cancelled"]
    page = ask_for_all(admin_client, "deadletter/?reason=nothing", REDRIVE)
    assert "none of them is there any more" in page.text
    assert DeadLetter.objects.count() == 1


def test_what_has_gone_since_the_question_is_told(admin_client: Client) -> None:
    bury("mail", 3, "no such address")
    page = ask_for_all(admin_client, "deadletter/", "discard_selected")
    assert "Delete 3 dead letters for good?" in page.text
    DeadLetter.objects.filter(pk=DeadLetter.objects.latest("pk").pk).delete()
    page = answer(admin_client, "deadletter/", page)
    assert "2 dead letters were deleted." in page.text
    assert "1 is not there any more" in page.text
    assert LogEntry.objects.get().change_message == "Discarded. 2 of 3."


def test_too_many_are_refused_with_the_limit(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue_many("mail", [{}] * 4, delay=600)
    monkeypatch.setattr(chosen, "AT_MOST", 3)
    page = ask_for_all(admin_client, "message/", RUN)
    assert "More than 100,000 match, which is the most for one action" in page.text
    forged = {"counted": "999999", "up_to": "999999999", "confirmed": "yes"}
    post(admin_client, "message/", action=RUN, select_across="on", **forged)
    assert queue_info("mail").delayed == 1


@pytest.mark.parametrize("forged", [{}, {"counted": "2"}, {"counted": "x", "up_to": 1}])
def test_all_that_match_are_never_done_without_the_question(
    admin_client: Client, forged: dict[str, Any]
) -> None:
    enqueue_many("mail", [{}] * 2, delay=600)
    data = {"action": RUN, "select_across": "1", "confirmed": "yes"}
    page = post(admin_client, "message/", **data | forged)
    assert "Deliver 2 messages now" in page.text
    assert queue_info("mail").delayed == 2
    assert 'href="/admin/eventstreaming/message/"' in page.html


def test_a_request_ends_in_time_and_the_next_goes_on(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "BATCH", 2)
    enqueue_many("mail", [{}] * 5, delay=600)
    page = ask_for_all(admin_client, "message/", RUN)
    with (
        mock.patch("eventstreaming.clock.monotonic", side_effect=[0, 1, 19, 21]),
        mock.patch("eventstreaming.operations.messages.event_stores"),
    ):
        page = answer(admin_client, "message/", page)
    assert "Done for 4 messages." in page.text
    assert "Still to do: 1. The time of one request was over" in page.text
    assert LogEntry.objects.get().change_message == "Due now. 4 of 5."
    assert MessageAdmin.action_seconds == 20


def test_the_right_of_the_action_is_needed(staff: Staff) -> None:
    enqueue_many("mail", [{}] * 2, delay=600)
    forged = {"counted": "2", "up_to": "999999999", "confirmed": "yes"}
    data = {"action": RUN, "select_across": "on", **forged}
    for rights, status in ((("view_message",), 200), (("run_message",), 403)):
        assert post(staff(*rights), "message/", **data).status == status
    assert queue_info("mail").delayed == 2
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = staff("view_message", "run_message", "release_message").cookies
    assert post(careful, "message/", **data).status == 403
    assert Message.objects.filter(state=Message.State.DEFERRED).count() == 2
    assert LogEntry.objects.count() == 0
