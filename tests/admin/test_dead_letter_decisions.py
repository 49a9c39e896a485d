"""Dead letters that are edited and sent back, or deleted for good."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from eventstreaming import EventData, dequeue, enqueue
from eventstreaming.models import DeadLetter, Message
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit

pytestmark = pytest.mark.django_db

DISCARD = "discard_selected"


def bury(queue: str = "mail", message: object = EventData("Mail", {"to": "x"})) -> str:
    """Let a message die; return its id."""
    number = enqueue(queue, message, headers={"h": 1})
    leased = dequeue(queue)
    assert leased is not None
    leased.nack(error="no such user", dead_letter=True)
    return str(number)


def log() -> list[tuple[str, str]]:
    return list(LogEntry.objects.values_list("object_repr", "change_message"))


def test_a_dead_letter_is_edited_and_sent_back(admin_client: Client) -> None:
    number = bury()
    page = visit(admin_client, f"deadletter/{number}/change/")
    path = page.links["Edit and redrive"].removeprefix(ROOT)
    page = visit(admin_client, path)
    assert "{&quot;to&quot;: &quot;x&quot;}" in page.html
    values = {"message": '{"to": "ada@example.com"}', "headers": '{"h": 2}'}
    page = post(admin_client, path, **values)
    assert "Edited and sent back to the queue." in page.text
    message = dequeue("mail")
    assert message is not None
    assert (message.message_id, message.message_type) == (number, "Mail")
    assert (message.data, message.headers) == ({"to": "ada@example.com"}, {"h": 2})
    assert log() == [(f"mail #{number}", "Edited and sent back to the queue.")]


def test_what_is_not_changed_stays_to_the_letter(admin_client: Client) -> None:
    number = bury("mail", {"price": 1.0})
    values = {"message": '{"price": 1.0}', "headers": '{"h": 1}'}
    page = post(admin_client, f"deadletter/{number}/redrive/", **values)
    assert "Sent back to the queue." in page.text
    assert Message.objects.get().data == {"price": 1.0}
    assert log() == [(f"mail #{number}", "Sent back to the queue.")]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"message": "{"}, "Enter a valid JSON"),
        ({"message": '{"v": NaN}'}, "nan is not a JSON number"),
        ({"message": '{"v": "\\u0000"}'}, "holds a NUL character"),
        ({"headers": "[1]"}, "must be a dict"),
        ({"message": ""}, "This field is required"),
    ],
)
def test_an_edit_is_checked_as_enqueue_does(
    admin_client: Client, values: dict[str, str], problem: str
) -> None:
    number = bury()
    form = {"message": '{"to": "x"}', "headers": "{}", **values}
    page = post(admin_client, f"deadletter/{number}/redrive/", **form)
    assert problem in page.text
    assert DeadLetter.objects.count() == 1


def test_an_untyped_message_stays_a_dict(admin_client: Client) -> None:
    number = bury("mail", {"n": 1})
    form = {"message": "[1]", "headers": "{}"}
    page = post(admin_client, f"deadletter/{number}/redrive/", **form)
    assert "is no message" in page.text
    assert DeadLetter.objects.count() == 1


def test_editing_needs_the_permission(staff: Staff) -> None:
    number = bury()
    path = f"{ROOT}deadletter/{number}/redrive/"
    values = {"message": "{}", "headers": "{}"}
    viewer = staff("view_deadletter")
    assert "Edit and redrive" not in visit(viewer, f"deadletter/{number}/change/").text
    assert viewer.get(path).status_code == viewer.post(path, values).status_code == 403
    assert staff("redrive_deadletter").post(path, values).status_code == 403
    blind = staff("view_deadletter", "redrive_deadletter")
    assert blind.get(path).status_code == 403
    operator = staff("view_deadletter", "redrive_deadletter", "view_payload")
    assert operator.get(path).status_code == 200
    assert operator.get(f"{ROOT}deadletter/987654321/redrive/").status_code == 404


def test_discard_asks_and_then_deletes(admin_client: Client) -> None:
    numbers = [bury() for _ in range(3)]
    data = {"action": DISCARD, "_selected_action": numbers[:2]}
    page = post(admin_client, "deadletter/?queue=mail", **data)
    assert "Delete 2 dead letters for good?" in page.text
    assert DeadLetter.objects.count() == 3
    for number in numbers[:2]:
        assert f'name="_selected_action" value="{number}"' in page.html
    data["confirmed"] = "yes"
    page = post(admin_client, "deadletter/?queue=mail", **data)
    assert "2 dead letters were deleted." in page.text
    assert [str(letter.pk) for letter in DeadLetter.objects.all()] == numbers[2:]
    assert sorted(log()) == [(f"mail #{n}", "Discarded.") for n in sorted(numbers[:2])]
    assert not Message.objects.exists()


def test_discard_needs_its_permission(staff: Staff) -> None:
    number = bury()
    data = {"action": DISCARD, "_selected_action": [number], "confirmed": "yes"}
    operator = staff("view_deadletter", "redrive_deadletter")
    assert "Discard" not in visit(operator, "deadletter/").text
    post(operator, "deadletter/", **data)
    assert DeadLetter.objects.count() == 1
    owner = staff("view_deadletter", "discard_deadletter")
    assert "Discard" in visit(owner, "deadletter/").text
    post(owner, "deadletter/", **data)
    assert DeadLetter.objects.count() == 0
