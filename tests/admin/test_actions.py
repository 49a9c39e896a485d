"""Actions on an object's own page, and against each other."""

import pytest
from django.contrib.admin import options
from django.test import Client

from eventstreaming import EventData, dequeue, enqueue
from eventstreaming.models import Checkpoint, DeadLetter, Subscription
from tests.admin.deeds import DEEDS, declared_saga
from tests.admin.pages import ROOT, post
from tests.sessions import sessions

on_object_pages = pytest.mark.skipif(
    not hasattr(options, "ActionLocation"),
    reason="Django before 6.1 has no actions on the pages of objects",
)


def bury() -> DeadLetter:
    enqueue("mail", EventData("Mail", {}))
    message = dequeue("mail")
    assert message is not None
    message.nack(dead_letter=True)
    return DeadLetter.objects.get()


@on_object_pages
@pytest.mark.django_db
def test_redrive_on_the_page_of_a_dead_letter(admin_client: Client) -> None:
    letter = bury()
    url = f"{ROOT}deadletter/{letter.pk}/change/"
    response = admin_client.post(
        url,
        {
            "CHANGE_FORM-action": "redrive_selected",
            "_selected_action": [letter.pk],
            "confirmed": "yes",
        },
        follow=True,
    )
    assert response.redirect_chain == [(f"{ROOT}deadletter/", 302)]
    assert "1 message was sent back to its queue." in response.content.decode()
    assert not DeadLetter.objects.exists()


@on_object_pages
@pytest.mark.django_db
def test_resume_on_the_page_of_a_subscription(admin_client: Client) -> None:
    row = Subscription.objects.create(
        name="billing", source="*", state=Subscription.State.STOPPED
    )
    Checkpoint.objects.create(subscription=row, attempts=5, error="x")
    response = admin_client.post(
        f"{ROOT}subscription/{row.pk}/change/",
        {"CHANGE_FORM-action": "resume_selected", "_selected_action": [row.pk]},
        follow=True,
    )
    assert "1 subscription was resumed." in response.content.decode()
    assert Subscription.objects.get().state == Subscription.State.ACTIVE


@on_object_pages
@pytest.mark.django_db
def test_every_action_on_the_page_of_its_object(admin_client: Client) -> None:
    """Where the object is gone afterwards, the list comes next, without a complaint."""
    with declared_saga():
        for (model, action), deed in DEEDS.items():
            if action == "delete_selected":  # Django's own is on lists only
                continue
            key = deed.prepare()[0]
            answer = {"confirmed": "yes", "priority": deed.answer}
            answer |= {"CHANGE_FORM-action": action, "_selected_action": str(key)}
            page = post(admin_client, f"{model}/{key}/change/", **answer)
            assert deed.tells.format(n=1) in page.text, action
            assert "Perhaps it was deleted" not in page.text, action
            assert deed.done([key]), action


@pytest.mark.django_db(transaction=True)
def test_redrive_passes_over_what_somebody_else_holds(admin_client: Client) -> None:
    letter = bury()
    data = {
        "action": "redrive_selected",
        "_selected_action": [letter.pk],
        "confirmed": "yes",
    }
    with sessions(1) as (somebody,):
        somebody.begin()
        somebody.execute("SELECT id FROM eventstreaming_deadletter FOR UPDATE")
        page = post(admin_client, "deadletter/", **data)
        assert "1 was passed over: somebody else is sending it back." in page.text
        somebody.rollback()
    page = post(admin_client, "deadletter/", **data)
    assert "1 message was sent back to its queue." in page.text
