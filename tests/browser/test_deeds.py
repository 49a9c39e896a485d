"""Every action and form there is: asked with the number, done, and logged."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin import options
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from tests.admin.deeds import DEEDS, Deed, declared_saga
from tests.admin.every_page import every_page
from tests.browser.contents import ATTACK
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


def offered(username: str) -> set[tuple[str, str]]:
    """Return the actions that lists offer to somebody, Django's own, too."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(username=username)
    return {
        (str(model._meta.model_name), action)
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_label == "eventstreaming"
        for action in model_admin.get_actions(request)
    }


@pytest.mark.usefixtures("order")
def test_a_superuser_does_every_action_on_the_lists(superuser: Person) -> None:
    assert offered("admin") == DEEDS.keys()
    for (model, action), deed in DEEDS.items():
        do(superuser, deed, model, action)


@pytest.mark.usefixtures("order")
def test_an_operator_does_every_action_on_the_pages(operator: Person) -> None:
    """Before Django 6.1 only lists have actions. An operator deletes no settings."""
    on_page = hasattr(options, "ActionLocation")
    deeds = {key: deed for key, deed in DEEDS.items() if key[1] != "delete_selected"}
    assert offered("operator") == deeds.keys()
    for (model, action), deed in deeds.items():
        do(operator, deed, model, action, on_page=on_page)


def do(
    person: Person, deed: Deed, model: str, action: str, *, on_page: bool = False
) -> None:
    """Do something to two rows of a list, or to one on its page."""
    keys = deed.prepare()
    if on_page:
        del keys[1:]
        person.open(f"{ROOT}{model}/{keys[0]}/change/")
    else:
        person.open(f"{ROOT}{model}/{deed.query}")
        for key in keys:
            person.find(f"input[name=_selected_action][value='{key}']").click()
    person.choose(action)
    look_through(person, deed, keys, f"{model} {action}")


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
