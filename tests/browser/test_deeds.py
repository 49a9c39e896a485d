"""A superuser clicks every action there is: asked with the number, done, and logged."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin import options
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client, RequestFactory

from tests.admin.every_page import every_page
from tests.browser.contents import ATTACK
from tests.browser.deeds import DEEDS, Deed, declared_saga
from tests.browser.forms import FORMS
from tests.browser.person import Person
from tests.browser.test_roles import rows

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = "/admin/eventstreaming/"
SUBMIT = re.compile(r"<(?:input|button) [^>]*type=.submit.[^>]*>")
QUERIES = {"eventstreaming_event_timeline": {"correlation": ATTACK}}
FIELD = "#content .form-row input[type=number]"


@pytest.fixture
def order() -> Iterator[None]:
    with declared_saga():
        yield


def offered() -> dict[tuple[str, str], type[Model]]:
    """Return the actions that lists offer to a superuser, Django's own, too."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    return {
        (str(model._meta.model_name), action): model
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_label == "eventstreaming"
        for action in model_admin.get_actions(request)
    }


@pytest.mark.usefixtures("order")
def test_every_action_of_a_list_is_asked_about_done_and_logged(
    superuser: Person,
) -> None:
    assert offered().keys() == DEEDS.keys()
    for (model, action), deed in DEEDS.items():
        keys = deed.prepare()
        superuser.open(f"{ROOT}{model}/{deed.query}")
        for key in keys:
            superuser.find(f"input[name=_selected_action][value='{key}']").click()
        superuser.choose(action)
        look_through(superuser, deed, keys, f"{model} {action}")


@pytest.mark.skipif(
    not hasattr(options, "ActionLocation"),
    reason="Django before 6.1 has no actions on the pages of objects",
)
@pytest.mark.usefixtures("order")
def test_every_action_of_a_page_is_asked_about_done_and_logged(
    superuser: Person,
) -> None:
    for (model, action), deed in DEEDS.items():
        if deed.log == "":  # Django's own are on lists only
            continue
        key = deed.prepare()[0]
        superuser.open(f"{ROOT}{model}/{key}/change/")
        superuser.choose(action)
        look_through(superuser, deed, [key], f"{model} {action}")


def test_every_form_is_filled_in(superuser: Person, admin_client: Client) -> None:
    every = list(every_page(QUERIES, objects=1))
    with_forms = {
        page.name
        for page in every
        if not page.name.endswith(("_changelist", "_export"))
        and has_form(admin_client.get(page.url).content.decode())
    }
    assert with_forms == FORMS.keys()
    before = rows()
    for page in every:
        if page.name not in FORMS:
            admin_client.post(page.url, {"post": "yes", "_save": "1", "data": "{}"})
    assert rows() == before
    for fill in FORMS.values():
        fill(superuser)


def has_form(html: str) -> bool:
    """Say whether a page has something to send besides actions and the log-out."""
    forms = [form.partition("</form>")[0] for form in html.split("<form ")[1:]]
    return any(
        button
        for form in forms
        if 'method="post"' in form.partition(">")[0] and "logout-form" not in form
        for button in SUBMIT.findall(form)
        if 'name="index"' not in button and " form=" not in button
    )


def look_through(person: Person, deed: Deed, keys: list[int], label: str) -> None:
    """Answer the question, and look what was asked, told, done and logged."""
    number = len(keys)
    if deed.asks is not None:
        asked = " ".join(person.texts("#content p, #content li"))
        assert deed.asks.format(n=number) in asked, label
        assert person.complaints(["light"]) == [], label
        if deed.answer:
            person.type(FIELD, deed.answer)
        person.click("#content [type=submit]")
    told, *others = person.texts(".messagelist li")
    assert others == [], (label, told)
    assert deed.tells.format(n=number) in told, label
    assert person.texts(".messagelist .success") == [told], label
    assert deed.done(keys), label
    entries = LogEntry.objects.filter(
        content_type__model=label.split()[0],
        object_id__in=keys,
        change_message=deed.log,
    )
    assert entries.count() == number, label
